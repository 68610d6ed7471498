import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { test } from 'vitest';
import { createAwsClients } from '../../../adapters/aws/clients.ts';
import { describeObjects } from '../../contracts/objects.ts';
import { installSeaweedFs, startSeaweedFs } from './seaweedfs.ts';

/** Where SeaweedFS 4.48 is not like S3. Each of these tests must fail here. */
const KNOWN_DIFFERENCES: readonly string[] = [
  // Lists in the order of a tree: "a/b" before "a b" and "a-b".
  'keys are listed in the order of their UTF-8 bytes',
  'a list starts after the key that was named',
  // Has no limit of its own.
  'metadata of more than 2 KB is the fault of its document',
  // Refuses ".." and turns "\\" into "/".
  'a key with odd characters is kept as it is',
  // Keeps "aws-chunked" as the encoding of the content.
  'a streamed body is stored without the marks of its chunks',
];

const credentials = { accessKeyId: 'seaweed', secretAccessKey: 'seaweed-secret' };
const program = await installSeaweedFs();

if ('why' in program) {
  console.error(
    `\n!!! SKIPPED: the object contract on SeaweedFS, a second opinion. ${program.why}\n`,
  );
  test('the object contract holds on SeaweedFS', (context) => context.skip(program.why));
} else {
  describeObjects(
    'SeaweedFS',
    async () => {
      const server = await startSeaweedFs(program.path, credentials);
      const clients = createAwsClients({
        region: 'us-east-1',
        credentials,
        endpoints: { s3: server.url },
      });
      await createBucket(clients.s3, 'docs');
      return {
        s3: clients.s3,
        bucket: 'docs',
        close: async () => {
          clients.close();
          await server.close();
        },
      };
    },
    KNOWN_DIFFERENCES,
  );
}

const START_TRIES = 100;

/** The S3 side answers before its filer can write. */
async function createBucket(s3: S3Client, bucket: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      return;
    } catch (error) {
      if (tries >= START_TRIES) throw error;
      await sleep(200);
    }
  }
}
