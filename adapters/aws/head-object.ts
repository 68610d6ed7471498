import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { callAws } from './errors.ts';
import { objectContext, type ObjectAddress, type S3Access } from './s3-access.ts';

/** What is known of an object without its content. */
export interface ObjectHead {
  /** As the server writes it, quotes included. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Lower-case names with hyphens. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What is known of an object; `undefined` if there is no object, or no bucket: HEAD does not tell which. */
export async function headObject(
  { s3, owner }: S3Access,
  address: ObjectAddress,
): Promise<ObjectHead | undefined> {
  const { bucket, key, signal } = address;
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ...owner });
  return callAws(objectContext('HeadObject', address), signal, async () => {
    try {
      const answer = await s3.send(command, { abortSignal: signal });
      return {
        etag: answer.ETag ?? '',
        sizeBytes: answer.ContentLength ?? 0,
        contentType: answer.ContentType ?? '',
        metadata: answer.Metadata ?? {},
      };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

/** A HEAD has no body, so its errors have no name but that of the status. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey');
}
