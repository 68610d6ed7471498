import { DeleteDataSourceCommand } from '@aws-sdk/client-bedrock-agent';
import { expect, test } from 'vitest';
import { createKnowledge } from '../../../adapters/aws/knowledge.ts';
import {
  BUCKET,
  createBucket,
  createDocs,
  setUp,
  tokenOf,
  type SetupOptions,
} from '../../local/bedrock/fixture.ts';

const { signal } = new AbortController();

const FILES = {
  'kb/apple.md': 'Apples are red.',
  'kb/apple.md.metadata.json': '{"metadataAttributes":{"doc_id":"1","lang":"en"}}',
  'kb/banana.md': 'Bananas are yellow.',
  'kb/banana.md.metadata.json': '{"metadataAttributes":{"doc_id":"2","lang":"en"}}',
  'kb/blank.md': ' ',
};

async function setUpKnowledge(options: SetupOptions = {}) {
  const setup = await setUp({ bucket: createBucket(FILES), ...options });
  const ids = await createDocs(setup);
  const knowledge = createKnowledge(setup);
  const start = (description: string) =>
    knowledge.startIngestion({ ...ids, clientToken: tokenOf(description), description, signal });
  return { ...setup, ids, knowledge, start, call: { ...ids, signal } };
}

test('an ingestion is started, found while it runs, found by its marker, and read to its end', async () => {
  const { knowledge, start, call, clock } = await setUpKnowledge();

  const started = await start('sync [m-1]');
  const running = await knowledge.findRunningIngestion(call);
  await clock.advance(10_000);
  const noneRuns = await knowledge.findRunningIngestion(call);
  const marked = await knowledge.findMarkedIngestion({ ...call, marker: '[m-1]' });
  const other = await knowledge.findMarkedIngestion({ ...call, marker: '[m-2]' });
  const finished = await knowledge.getIngestion({ ...call, jobId: started.jobId });

  expect(started).toMatchObject({ status: 'STARTING', description: 'sync [m-1]' });
  expect(running?.jobId).toBe(started.jobId);
  expect([noneRuns, other]).toEqual([undefined, undefined]);
  expect(marked).toMatchObject({ jobId: started.jobId, status: 'COMPLETE' });
  expect(finished).toEqual({
    jobId: started.jobId,
    status: 'COMPLETE',
    description: 'sync [m-1]',
    statistics: {
      scanned: 3,
      sidecarsScanned: 2,
      added: 2,
      modified: 0,
      sidecarsModified: 0,
      deleted: 0,
      failed: 1,
      skipped: 0,
    },
    failureReasons: [],
    startedAt: expect.stringMatching(/^2026-11-21T.*Z$/),
  });
});

test('a second start while a job runs is a Conflict, one too soon is Throttled, and neither is lost on Temporal', async () => {
  const { start, faults } = await setUpKnowledge();
  await start('first');

  await expect(start('second')).rejects.toMatchObject({ type: 'Conflict', nonRetryable: false });
  faults.add({ kind: 'throttle', operation: 'StartIngestionJob' });
  await expect(start('third')).rejects.toMatchObject({ type: 'Throttled', nonRetryable: false });
});

test('a failed job says why', async () => {
  const { knowledge, start, call, clock, faults } = await setUpKnowledge();
  faults.add({ kind: 'job-fails', reason: 'The role may not read the bucket.' });

  const { jobId } = await start('fails');
  await clock.advance(10_000);

  await expect(knowledge.getIngestion({ ...call, jobId })).resolves.toMatchObject({
    status: 'FAILED',
    failureReasons: ['The role may not read the bucket.'],
  });
});

test('stopping twice, or after the end, is no failure', async () => {
  const { knowledge, start, call, clock } = await setUpKnowledge();
  const { jobId } = await start('to be stopped');

  const stopping = await knowledge.stopIngestion({ ...call, jobId });
  await clock.advance(10_000);
  const stopped = await knowledge.stopIngestion({ ...call, jobId });

  expect([stopping.status, stopped.status]).toEqual(['STOPPING', 'STOPPED']);
});

test('jobs are listed from the newest on', async () => {
  const { knowledge, start, call, clock } = await setUpKnowledge();
  for (const description of ['one', 'two', 'three']) {
    await start(description);
    await clock.advance(10_000);
  }

  const newest = await knowledge.listIngestions({ ...call, limit: 2 });

  expect(newest.map(({ description }) => description)).toEqual(['three', 'two']);
});

test('documents are listed with the reason of their failure', async () => {
  const { knowledge, start, call, clock } = await setUpKnowledge();
  await start('sync');
  await clock.advance(10_000);

  const documents = await Array.fromAsync(knowledge.listDocuments(call));

  expect(documents).toHaveLength(3);
  expect(documents).toContainEqual({
    uri: `s3://${BUCKET}/kb/blank.md`,
    status: 'FAILED',
    outcome: 'failed',
    reason: 'The file has no text.',
  });
});

test('25 documents are ingested, looked at and deleted in three calls each', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `kb/${index}.md`);
  const bucket = createBucket(Object.fromEntries(names.map((name) => [name, 'text'])));
  const { knowledge, call, clock, server } = await setUpKnowledge({ bucket });
  const uris = names.map((name) => `s3://${BUCKET}/${name}`);
  const change = { ...call, uris, clientToken: tokenOf('direct') };

  const ingesting = await knowledge.ingestDocuments(change);
  await clock.advance(2000);
  const ingested = await knowledge.getDocumentStatuses({ ...call, uris });
  await knowledge.deleteDocuments(change);
  await clock.advance(2000);
  const deleted = await knowledge.getDocumentStatuses({ ...call, uris });

  const outcomes = [ingesting, ingested, deleted].map((states) => [
    states.length,
    ...new Set(states.map(({ outcome }) => outcome)),
  ]);
  expect(outcomes).toEqual([
    [25, 'pending'],
    [25, 'indexed'],
    [25, 'gone'],
  ]);
  expect(server.requests.count('IngestKnowledgeBaseDocuments')).toBe(3);
  expect(server.requests.count('GetKnowledgeBaseDocuments')).toBe(6);
  expect(server.requests.count('DeleteKnowledgeBaseDocuments')).toBe(3);
});

test.each([
  ['no filter', {}, ['kb/apple.md', 'kb/banana.md']],
  ['one attribute', { doc_id: '2' }, ['kb/banana.md']],
  ['two attributes', { doc_id: '1', lang: 'en' }, ['kb/apple.md']],
  ['two that no document has both', { doc_id: '1', lang: 'de' }, []],
])('passages with %s', async (_what, filter, keys) => {
  const { knowledge, ids, start, clock } = await setUpKnowledge();
  await start('sync');
  await clock.advance(10_000);

  const passages = await knowledge.retrieve({
    knowledgeBaseId: ids.knowledgeBaseId,
    text: 'Are apples yellow, or bananas?',
    numberOfResults: 10,
    filter,
    signal,
  });

  expect(passages.map(({ uri }) => uri.slice(`s3://${BUCKET}/`.length)).toSorted()).toEqual(keys);
  for (const { text, score, metadata } of passages) {
    expect(text).toContain('are');
    expect(score).toBeGreaterThan(0);
    expect(metadata['lang']).toBe('en');
  }
});

test('what a knowledge base is and reads', async () => {
  const { knowledge, call } = await setUpKnowledge();

  await expect(knowledge.describe(call)).resolves.toEqual({
    knowledgeBaseStatus: 'ACTIVE',
    dataSourceStatus: 'AVAILABLE',
    kind: 'VECTOR',
    storageType: 'OPENSEARCH_SERVERLESS',
    bucket: BUCKET,
    prefix: 'kb/',
    failureReasons: [],
  });
});

test('what does not exist is NotFound and named', async () => {
  const { knowledge, call } = await setUpKnowledge();

  await expect(
    knowledge.describe({ ...call, knowledgeBaseId: 'NOSUCHBASE' }),
  ).rejects.toMatchObject({ type: 'NotFound', message: expect.stringContaining('"NOSUCHBASE"') });
});

test('knowledge base and data source are made once and adopted by name from then on', async () => {
  const { agent, knowledge, clock, server } = await setUpKnowledge();
  const base = {
    name: 'embedded',
    roleArn: 'arn:aws:iam::000000000000:role/embedded',
    embeddingModelArn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0',
    vectorIndexArn: 'arn:aws:s3vectors:us-east-1:000000000000:bucket/embedded/index/embedded',
    signal,
  };
  const made = await knowledge.createKnowledgeBase({ ...base, clientToken: tokenOf('base-1') });
  const source = { ...made, name: 'documents', bucket: BUCKET, prefix: 'kb/', signal };
  await expect(
    knowledge.createDataSource({ ...source, clientToken: tokenOf('early') }),
  ).rejects.toMatchObject({ type: 'Conflict' });
  await clock.advance(5000);

  const adopted = await knowledge.createKnowledgeBase({ ...base, clientToken: tokenOf('base-2') });
  const first = await knowledge.createDataSource({ ...source, clientToken: tokenOf('source-1') });
  const second = await knowledge.createDataSource({ ...source, clientToken: tokenOf('source-2') });

  expect(made.status).toBe('CREATING');
  expect(adopted).toEqual({ ...made, status: 'ACTIVE' });
  expect(second).toEqual(first);
  expect(server.requests.count('CreateKnowledgeBase')).toBe(2);
  await expect(
    knowledge.createDataSource({ ...source, prefix: 'b/', clientToken: tokenOf('source-3') }),
  ).rejects.toMatchObject({
    type: 'InvalidConfig',
    message: expect.stringContaining('Data source "documents" reads "s3://documents/kb/"'),
  });
  await agent.send(new DeleteDataSourceCommand({ ...made, ...first }));
  await clock.advance(5000);
  await expect(knowledge.describe({ ...made, ...first, signal })).rejects.toMatchObject({
    type: 'NotFound',
  });
});

test('an aborted call throws the reason of the abort', async () => {
  const { knowledge, call } = await setUpKnowledge();
  const reason = new Error('cancelled');

  const list = knowledge.listIngestions({ ...call, signal: AbortSignal.abort(reason) });

  await expect(list).rejects.toBe(reason);
});
