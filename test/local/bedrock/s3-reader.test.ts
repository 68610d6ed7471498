import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createS3Reader } from '../../../local/bedrock/s3-reader.ts';
import { startS3Server } from '../../../local/s3/server.ts';
import {
  BUCKET,
  createDocs,
  CREDENTIALS,
  readJob,
  runJob,
  scratchDirectory,
  setUp,
  type DataSourceIds,
  type Setup,
} from './fixture.ts';

async function setUpS3(): Promise<S3Client> {
  const server = await startS3Server({
    directory: await scratchDirectory(),
    ...CREDENTIALS,
    buckets: [BUCKET],
    durability: 'none',
  });
  const client = new S3Client({
    region: 'us-east-1',
    endpoint: server.url,
    credentials: CREDENTIALS,
    forcePathStyle: true,
  });
  onTestFinished(async () => {
    client.destroy();
    await server.close();
  });
  return client;
}

test('objects are listed over many pages, read whole, and told from what is missing', async () => {
  const client = await setUpS3();
  await client.send(new CreateBucketCommand({ Bucket: 'many' }));
  for (let index = 0; index < 1005; index += 1) {
    await client.send(
      new PutObjectCommand({ Bucket: 'many', Key: `kb/${index}.md`, Body: `${index}` }),
    );
  }
  await client.send(new PutObjectCommand({ Bucket: 'many', Key: 'other.md', Body: 'x' }));
  const reader = createS3Reader(client);

  const listed = await Array.fromAsync(reader.list('many', 'kb/'));

  expect(listed).toHaveLength(1005);
  expect(listed.find(({ key }) => key === 'kb/1004.md')).toEqual({
    key: 'kb/1004.md',
    size: 4,
    etag: expect.stringMatching(/[0-9a-f]{32}/),
  });
  expect(String(await reader.get('many', 'kb/7.md'))).toBe('7');
  expect(await reader.get('many', 'kb/none.md')).toBeUndefined();
  expect([await reader.exists('many'), await reader.exists('no-such-bucket')]).toEqual([
    true,
    false,
  ]);
});

test('a job follows the real bucket: new, changed, gone', async () => {
  const client = await setUpS3();
  const put = (Key: string, Body: string) =>
    client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  const reader = createS3Reader(client);
  const setup = await setUp({ bucket: { ...reader, reads: [], put: () => {}, delete: () => {} } });
  const ids = await createDocs(setup);
  await put('kb/a.md', 'Apples');
  await put('kb/b.md', 'Bananas');

  const first = await finishedJob(setup, ids);
  await put('kb/a.md', 'Apples and pears');
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'kb/b.md' }));
  const second = await finishedJob(setup, ids);

  expect(first).toMatchObject({
    status: 'COMPLETE',
    statistics: { numberOfNewDocumentsIndexed: 2 },
  });
  expect(second).toMatchObject({
    status: 'COMPLETE',
    statistics: { numberOfModifiedDocumentsIndexed: 1, numberOfDocumentsDeleted: 1 },
  });
});

/** Real input and output takes real time: the clock moves on until the job has ended. */
async function finishedJob(setup: Setup, ids: DataSourceIds) {
  const started = await runJob(setup, ids);
  return vi.waitFor(async () => {
    await setup.clock.advance(10_000);
    const job = await readJob(setup, ids, started?.ingestionJobId);
    expect(job?.status).not.toMatch(/STARTING|IN_PROGRESS/);
    return job;
  });
}
