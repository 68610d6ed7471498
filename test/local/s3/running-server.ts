import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { startS3Server, type S3Server, type S3ServerOptions } from '../../../local/s3/server.ts';

export const TEST_CREDENTIALS = {
  accessKeyId: 'AKIDLOCAL',
  secretAccessKey: 'local-secret',
} as const;

/** A server on a folder of its own with the bucket "docs", and a client that does not retry. */
export interface RunningServer {
  readonly server: S3Server;
  readonly s3: S3Client;
  readonly directory: string;
  close(): Promise<void>;
}

export async function runServer(options: Partial<S3ServerOptions> = {}): Promise<RunningServer> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 's3-')));
  const server = await startS3Server({
    buckets: ['docs'],
    ...TEST_CREDENTIALS,
    ...options,
    directory,
  });
  const s3 = testClient(server.url);
  return {
    server,
    s3,
    directory,
    close: async () => {
      s3.destroy();
      await server.close();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The SDK's client as it comes, but for retries, which would hide what a test is about. */
export function testClient(
  url: string,
  overrides: Partial<typeof TEST_CREDENTIALS> = {},
): S3Client {
  return new S3Client({
    endpoint: url,
    region: 'eu-central-1',
    credentials: { ...TEST_CREDENTIALS, ...overrides },
    forcePathStyle: true,
    maxAttempts: 1,
  });
}
