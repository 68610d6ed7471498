import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAwsClients } from '../../../adapters/aws/clients.ts';
import { startS3Server } from '../../../local/s3/server.ts';
import { describeObjects } from '../../contracts/objects.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' };

describeObjects('the embedded server', async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  const server = await startS3Server({ directory, buckets: ['docs'], ...credentials });
  const clients = createAwsClients({
    region: 'us-east-1',
    credentials,
    endpoints: { s3: server.url },
  });
  return {
    s3: clients.s3,
    bucket: 'docs',
    close: async () => {
      clients.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
});
