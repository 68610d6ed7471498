import { expect, test } from 'vitest';
import { openSignedPut } from '../../bench/loops/signed-put.ts';
import { startS3Server } from '../../local/s3/server.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

const CREDENTIALS = { accessKeyId: 'bench', secretAccessKey: 'bench-secret' };

test('a server that checks signatures takes what the minimal signer signs, and refuses another secret', async () => {
  await using folder = await temporaryFolder();
  const server = await startS3Server({
    directory: folder.path,
    buckets: ['documents'],
    ...CREDENTIALS,
  });
  const shared = { endpoint: server.url, region: 'us-east-1', connections: 2 };
  const signer = openSignedPut({ ...shared, ...CREDENTIALS });
  const stranger = openSignedPut({ ...shared, ...CREDENTIALS, secretAccessKey: 'another' });

  try {
    await signer.put('documents', 'a/b_c-1.md', 'text/markdown; charset=utf-8', 'Résumé\n');
    const refused = stranger.put('documents', 'a/d.md', 'text/markdown', 'no');

    await expect(refused).rejects.toThrow('answered with 403');
  } finally {
    await signer.close();
    await stranger.close();
    await server.close();
  }
});
