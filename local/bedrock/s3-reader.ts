import {
  GetObjectCommand,
  HeadBucketCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ObjectReader } from './objects.ts';

/** Reads the documents through any S3 endpoint that `client` points to. */
export function createS3Reader(client: S3Client): ObjectReader {
  return {
    async *list(bucket, prefix) {
      for await (const page of paginateListObjectsV2(
        { client },
        { Bucket: bucket, Prefix: prefix },
      )) {
        for (const { Key, Size, ETag } of page.Contents ?? []) {
          if (Key !== undefined) yield { key: Key, size: Size ?? 0, etag: ETag ?? '' };
        }
      }
    },
    get: (bucket, key) =>
      orMissing(async () => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return Body && Buffer.from(await Body.transformToByteArray());
      }),
    async exists(bucket) {
      const found = await orMissing(() => client.send(new HeadBucketCommand({ Bucket: bucket })));
      return found !== undefined;
    },
  };
}

async function orMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && ['NoSuchKey', 'NoSuchBucket', 'NotFound'].includes(error.name)) {
      return undefined;
    }
    throw error;
  }
}
