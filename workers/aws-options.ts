import type { AwsClientOptions } from '../adapters/aws/clients.ts';
import type { WorkerSettings } from './config.ts';

/**
 * What the SDK's own variables leave open: an S3 server other than Amazon's is addressed by path, because its buckets are no host
 * names. Everything else of AWS the SDK reads by itself.
 */
export function awsOptions({
  AWS_ENDPOINT_URL_S3,
  AWS_ENDPOINT_URL,
}: Pick<WorkerSettings, 'AWS_ENDPOINT_URL_S3' | 'AWS_ENDPOINT_URL'>): AwsClientOptions {
  const s3 = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  return s3 === undefined ? {} : { endpoints: { s3 } };
}
