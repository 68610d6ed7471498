import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsCallContext } from './errors.ts';

/** One object, and the signal that ends the call. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** The client, and what goes along with every call. */
export interface S3Access {
  readonly s3: S3Client;
  readonly owner: { readonly ExpectedBucketOwner?: string };
}

/** How a failure names an S3 operation on an object. */
export function objectContext(
  operation: string,
  { bucket, key }: { readonly bucket: string; readonly key: string },
): AwsCallContext {
  return { operation: `s3:${operation}`, resource: `"s3://${bucket}/${key}"` };
}
