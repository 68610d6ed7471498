import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { callAws } from './errors.ts';
import type { S3Access } from './s3-access.ts';

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** Every object whose key begins with `prefix`. Memory holds one page of 1000. */
export async function* listObjects(
  { s3, owner }: S3Access,
  request: { readonly bucket: string; readonly prefix: string; readonly signal: AbortSignal },
): AsyncGenerator<ListedObject> {
  const { bucket, prefix, signal } = request;
  const context = { operation: 's3:ListObjectsV2', resource: `bucket "${bucket}"` };
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      // XML cannot hold every character that a key may have.
      EncodingType: 'url',
      ...owner,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await callAws(context, signal, () => s3.send(command, { abortSignal: signal }));
    yield* listed(page);
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

function listed({
  Contents = [],
  EncodingType,
}: ListObjectsV2CommandOutput): readonly ListedObject[] {
  return Contents.map(({ Key = '', Size = 0, ETag = '' }) => ({
    key: EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key,
    sizeBytes: Size,
    etag: ETag,
  }));
}
