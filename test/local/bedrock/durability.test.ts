import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  IngestKnowledgeBaseDocumentsCommand,
  StartIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import { RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, test } from 'vitest';
import { createBucket, createDocs, readJob, runJob, setUp, type Setup } from './fixture.ts';

async function restarted(setup: Setup): Promise<Setup> {
  await setup.server.close();
  return setUp(setup);
}

test('a job that was cut off is finished by the next process and counts what the first one did', async () => {
  const files = Array.from({ length: 40 }, (_, index) => [`kb/${index}.md`, `Number ${index}`]);
  const bucket = createBucket(Object.fromEntries(files));
  const setup = await setUp({ bucket });
  const ids = await createDocs(setup);
  const get: typeof bucket.get = bucket.get.bind(bucket);
  bucket.get = (name, key) => (bucket.reads.length < 20 ? get(name, key) : new Promise(() => {}));
  const { ingestionJob } = await setup.agent.send(new StartIngestionJobCommand(ids));
  await setup.clock.advance(600);
  const first = await readJob(setup, ids, ingestionJob?.ingestionJobId);

  bucket.get = get;
  const second = await restarted(setup);
  await second.clock.advance(10_000);
  const job = await readJob(second, ids, ingestionJob?.ingestionJobId);

  expect(first?.status).toBe('IN_PROGRESS');
  expect(job).toMatchObject({
    status: 'COMPLETE',
    statistics: { numberOfDocumentsScanned: 40, numberOfNewDocumentsIndexed: 40 },
  });
  expect(bucket.reads).toHaveLength(40);
});

test('jobs, documents and directly ingested documents survive a restart', async () => {
  const setup = await setUp({
    bucket: createBucket({ 'kb/a.md': 'Apples', 'kb/b.md': 'Bananas' }),
  });
  const ids = await createDocs(setup);
  const job = await runJob(setup, ids);
  setup.bucket.put('kb/c.md', 'Cherries');
  const uri = 's3://documents/kb/c.md';
  await setup.agent.send(
    new IngestKnowledgeBaseDocumentsCommand({
      ...ids,
      documents: [{ content: { dataSourceType: 'S3', s3: { s3Location: { uri } } } }],
    }),
  );

  const next = await restarted(setup);
  await next.clock.advance(2000);
  const { retrievalResults } = await next.runtime.send(
    new RetrieveCommand({ ...ids, retrievalQuery: { text: 'apples, bananas, cherries' } }),
  );

  expect(retrievalResults).toHaveLength(3);
  expect(await readJob(next, ids, job?.ingestionJobId)).toEqual(job);
});

test('a line that a kill cut short is dropped, and its document read again', async () => {
  const setup = await setUp({ bucket: createBucket({ 'kb/a.md': 'Apples' }) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  await setup.server.close();
  const folder = join(setup.directory, 'documents', ids.knowledgeBaseId);
  const [file = ''] = readdirSync(folder);
  appendFileSync(join(folder, file), '{"uri":"s3://documents/kb/b.md","sta');
  setup.bucket.put('kb/b.md', 'Bananas');

  const next = await setUp(setup);
  const job = await runJob(next, ids);

  expect(job?.statistics).toMatchObject({
    numberOfDocumentsScanned: 2,
    numberOfNewDocumentsIndexed: 1,
  });
});
