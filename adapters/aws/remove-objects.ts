import { DeleteObjectsCommand, type _Error as DeletionError } from '@aws-sdk/client-s3';
import type { FailureName } from '../../workflows/failures.ts';
import { awsFailure, callAws } from './errors.ts';
import { objectContext, type S3Access } from './s3-access.ts';

/** An object that could not be removed. */
export interface RemovalError {
  readonly key: string;
  readonly failure: FailureName;
  /** A whole sentence. */
  readonly message: string;
}

export interface RemoveManyRequest {
  readonly bucket: string;
  readonly keys: readonly string[];
  /** By key, the only version that may go. S3 needs `s3:GetObject` for that, beside `s3:DeleteObject`. */
  readonly etags?: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** S3 API reference, DeleteObjects. */
const MAX_KEYS = 1000;

/** Removes objects, a thousand a call. The errors of single keys come inside a good answer. */
export async function removeMany(
  { s3, owner }: S3Access,
  { bucket, keys, etags, signal }: RemoveManyRequest,
): Promise<readonly RemovalError[]> {
  const context = { operation: 's3:DeleteObjects', resource: `bucket "${bucket}"` };
  const errors: RemovalError[] = [];
  for (let start = 0; start < keys.length; start += MAX_KEYS) {
    const command = new DeleteObjectsCommand({
      Bucket: bucket,
      Delete: {
        Quiet: true,
        Objects: keys.slice(start, start + MAX_KEYS).map((key) => identifier(key, etags?.get(key))),
      },
      ...owner,
    });
    const answer = await callAws(context, signal, () => s3.send(command, { abortSignal: signal }));
    errors.push(...(answer.Errors ?? []).flatMap((error) => removalError(bucket, error)));
  }
  return errors;
}

function identifier(key: string, etag: string | undefined) {
  return { Key: key, ...(etag === undefined ? {} : { ETag: etag }) };
}

function removalError(bucket: string, { Key = '', Code, Message }: DeletionError): RemovalError[] {
  if (Code === 'NoSuchKey') return [];
  const error = {
    name: Code ?? 'UnknownError',
    message: Message ?? '',
    $metadata: { httpStatusCode: 400 },
  };
  const { type, message } = awsFailure(error, objectContext('DeleteObject', { bucket, key: Key }));
  return [{ key: Key, failure: type as FailureName, message }];
}
