import type { IncomingBody } from './incoming-body.ts';
import type { S3Answer, S3Request } from './request.ts';
import type { Bucket, Store } from './store.ts';

/** What a handler of an operation is given. */
export interface HandlerCall {
  readonly request: S3Request;
  readonly body: IncomingBody;
  readonly store: Store;
  /** @throws NoSuchBucket */
  readonly bucket: () => Bucket;
}

/** Performs one operation. Errors are thrown as `S3Error`. */
export type Handler = (call: HandlerCall) => Promise<S3Answer> | S3Answer;
