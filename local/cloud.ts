import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createAwsClients } from '../adapters/aws/clients.ts';
import { createS3Reader } from './bedrock/s3-reader.ts';
import { startBedrockServer } from './bedrock/server.ts';
import { startS3Server } from './s3/server.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/** What the process of the embedded cloud is told: by a file, because credentials do not belong on a command line. */
export const CloudConfig = z.strictObject({
  directory: z.string(),
  s3Port: z.int(),
  bedrockPort: z.int(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  region: z.string(),
  buckets: z.array(z.string()),
  /** Times of ingestion jobs, in milliseconds; a laptop's first question should not wait for minutes. */
  startingMs: z.int(),
  inProgressMs: z.int(),
  startsPerSecond: z.number(),
});
export type CloudConfig = z.infer<typeof CloudConfig>;

/** The embedded cloud: S3 on a directory, and Bedrock knowledge bases that read from it through the real SDK. Runs until it is told to end. */
async function main(file: string): Promise<void> {
  const config = CloudConfig.parse(JSON.parse(readFileSync(file, 'utf8')));
  const { accessKeyId, secretAccessKey, region } = config;
  const s3 = await startS3Server({
    directory: join(config.directory, 's3'),
    port: config.s3Port,
    buckets: config.buckets,
    accessKeyId,
    secretAccessKey,
  });
  const clients = createAwsClients({
    region,
    credentials: { accessKeyId, secretAccessKey },
    endpoints: { s3: s3.url },
  });
  const bedrock = await startBedrockServer({
    directory: join(config.directory, 'bedrock'),
    port: config.bedrockPort,
    accessKeyId,
    secretAccessKey,
    region,
    objects: createS3Reader(clients.s3),
    timing: {
      startingMs: config.startingMs,
      inProgressMs: config.inProgressMs,
      startsPerSecond: config.startsPerSecond,
    },
  });
  console.log(`S3 on ${s3.url}, Bedrock on ${bedrock.url}`);
  stopOnSignal(() => Promise.allSettled([bedrock.close(), s3.close()]));
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('Usage: node local/cloud.ts <config file>');
  process.exitCode = 2;
} else {
  await main(file);
}
