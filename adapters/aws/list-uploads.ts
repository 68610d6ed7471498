import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { callAws } from './errors.ts';
import type { S3Access } from './s3-access.ts';

/** An upload in parts that is not finished. */
export interface OpenUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly beganAt: Date;
}

/** Every upload in parts below `prefix` that is neither finished nor given up. Memory holds one page of 1000. */
export async function* listUploads(
  { s3, owner }: S3Access,
  request: { readonly bucket: string; readonly prefix: string; readonly signal: AbortSignal },
): AsyncGenerator<OpenUpload> {
  const { bucket, prefix, signal } = request;
  const context = { operation: 's3:ListMultipartUploads', resource: `bucket "${bucket}"` };
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  do {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: bucket,
      Prefix: prefix,
      ...owner,
      ...marker,
    });
    const page = await callAws(context, signal, () => s3.send(command, { abortSignal: signal }));
    for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? [])
      yield { key: Key, uploadId: UploadId, beganAt: Initiated ?? new Date(0) };
    marker = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker ?? '', UploadIdMarker: page.NextUploadIdMarker ?? '' }
      : undefined;
  } while (marker !== undefined);
}
