import {
  ListIngestionJobsCommand,
  ListKnowledgeBaseDocumentsCommand,
  StartIngestionJobCommand,
  StopIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import { expect, test } from 'vitest';
import { createBucket, createDocs, readJob, runJob, settle, setUp, tokenOf } from './fixture.ts';

const FILES = {
  'kb/a.md': '# Apples\nApples are red.',
  'kb/a.md.metadata.json': JSON.stringify({ metadataAttributes: { title: 'Apples' } }),
  'kb/b.md': '# Bananas\nBananas are yellow.',
  'other/c.md': 'Outside of the prefix.',
};

test('a job goes through its phases on the clock and counts what the bucket holds', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const ids = await createDocs(setup);

  const { ingestionJob } = await setup.agent.send(
    new StartIngestionJobCommand({ ...ids, description: 'first sync' }),
  );
  await setup.clock.advance(600);
  const inProgress = await readJob(setup, ids, ingestionJob?.ingestionJobId);
  await setup.clock.advance(5000);
  const complete = await readJob(setup, ids, ingestionJob?.ingestionJobId);

  expect([ingestionJob?.status, inProgress?.status, complete?.status]).toEqual([
    'STARTING',
    'IN_PROGRESS',
    'COMPLETE',
  ]);
  expect(complete).toMatchObject({
    description: 'first sync',
    statistics: {
      numberOfDocumentsScanned: 2,
      numberOfMetadataDocumentsScanned: 1,
      numberOfNewDocumentsIndexed: 2,
      numberOfModifiedDocumentsIndexed: 0,
      numberOfDocumentsDeleted: 0,
      numberOfDocumentsFailed: 0,
    },
  });
  expect(complete?.startedAt).toBeInstanceOf(Date);
});

test('the next job reads only what changed, by content or by sidecar, and removes what is gone', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  setup.bucket.put('kb/d.md', 'Dates');
  await runJob(setup, ids);
  const readsBefore = setup.bucket.reads.length;

  setup.bucket.put('kb/a.md.metadata.json', JSON.stringify({ metadataAttributes: { x: 1 } }));
  setup.bucket.put('kb/b.md', 'Bananas turn brown.');
  setup.bucket.delete('kb/d.md');
  const job = await runJob(setup, ids);

  expect(job?.statistics).toMatchObject({
    numberOfDocumentsScanned: 2,
    numberOfNewDocumentsIndexed: 0,
    numberOfModifiedDocumentsIndexed: 1,
    numberOfMetadataDocumentsModified: 1,
    numberOfDocumentsDeleted: 1,
  });
  expect(setup.bucket.reads.slice(readsBefore).toSorted()).toEqual([
    'kb/a.md',
    'kb/a.md.metadata.json',
    'kb/b.md',
  ]);
});

test('a job over an unchanged prefix changes nothing and reads no object', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  const readsBefore = setup.bucket.reads.length;

  const job = await runJob(setup, ids);

  expect(job?.statistics).toMatchObject({
    numberOfDocumentsScanned: 2,
    numberOfNewDocumentsIndexed: 0,
    numberOfModifiedDocumentsIndexed: 0,
  });
  expect(setup.bucket.reads).toHaveLength(readsBefore);
});

test('a job is COMPLETE although documents failed; their status says why, and the next job tries again', async () => {
  const bucket = createBucket({
    'kb/good.md': 'Good.',
    'kb/blank.md': '   ',
    'kb/data.json': '{}',
    'kb/paper.pdf': '%PDF',
    'kb/null.md': 'Null.',
    'kb/null.md.metadata.json': '{"metadataAttributes":{"a":null}}',
  });
  const setup = await setUp({ bucket });
  const ids = await createDocs(setup);

  const job = await runJob(setup, ids);
  const { documentDetails } = await setup.agent.send(new ListKnowledgeBaseDocumentsCommand(ids));
  bucket.put('kb/null.md.metadata.json', '{"metadataAttributes":{"a":"b"}}');
  const second = await runJob(setup, ids);

  expect(job).toMatchObject({
    status: 'COMPLETE',
    statistics: {
      numberOfDocumentsScanned: 5,
      numberOfNewDocumentsIndexed: 2,
      numberOfDocumentsFailed: 2,
      numberOfDocumentsSkipped: 1,
    },
  });
  expect(
    documentDetails?.map(({ identifier, status }) => [
      identifier?.s3?.uri?.slice('s3://documents/'.length),
      status,
    ]),
  ).toEqual(
    expect.arrayContaining([
      ['kb/good.md', 'INDEXED'],
      ['kb/blank.md', 'FAILED'],
      ['kb/data.json', 'IGNORED'],
      ['kb/paper.pdf', 'PARTIALLY_INDEXED'],
      ['kb/null.md', 'FAILED'],
    ]),
  );
  const failed = documentDetails?.find(({ identifier }) =>
    identifier?.s3?.uri?.endsWith('null.md'),
  );
  expect(failed?.statusReason).toContain('Attribute "a" is empty, null, nested or too long.');
  expect(second?.statistics).toMatchObject({
    numberOfNewDocumentsIndexed: 1,
    numberOfDocumentsFailed: 1,
    numberOfDocumentsSkipped: 1,
  });
});

test('metadata that S3 Vectors cannot hold fails its document and the job, and spares the others', async () => {
  const big = Object.fromEntries(Array.from({ length: 36 }, (_, index) => [`key${index}`, 1]));
  const bucket = createBucket({
    ...FILES,
    'kb/b.md.metadata.json': JSON.stringify({ metadataAttributes: big }),
  });
  const setup = await setUp({ bucket });
  const ids = await createDocs(setup, { storageType: 'S3_VECTORS' });

  const job = await runJob(setup, ids);

  expect(job).toMatchObject({
    status: 'FAILED',
    failureReasons: [
      'The vector store refused the metadata of 1 documents. Their status names the reason.',
    ],
    statistics: { numberOfNewDocumentsIndexed: 1, numberOfDocumentsFailed: 1 },
  });
});

test('a job fails when the bucket does not exist, and removes nothing', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  setup.bucket.exists = () => Promise.resolve(false);

  const job = await runJob(setup, ids);
  const { documentDetails } = await setup.agent.send(new ListKnowledgeBaseDocumentsCommand(ids));

  expect(job).toMatchObject({
    status: 'FAILED',
    failureReasons: ['The S3 bucket "documents" does not exist.'],
  });
  expect(documentDetails).toHaveLength(2);
});

test('a data source and a knowledge base have one running job, the account five', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const [first, ...others] = await Promise.all(
    ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => createDocs(setup, { name })),
  );
  const start = (ids: typeof first) =>
    setup.agent.send(new StartIngestionJobCommand({ ...ids } as never));
  await start(first);

  await expect(start(first)).rejects.toMatchObject({
    name: 'ConflictException',
    $metadata: { httpStatusCode: 409 },
  });
  for (const ids of others.slice(0, 4)) await start(ids);
  await expect(start(others[4])).rejects.toThrow('5 ingestion jobs of the account are running');
  await setup.clock.advance(10_000);
  await expect(start(others[4])).resolves.toMatchObject({ ingestionJob: { status: 'STARTING' } });
});

test('StartIngestionJob is limited to one in ten seconds for the account', async () => {
  const setup = await setUp({ timing: { startsPerSecond: 0.1 } });
  const ids = await createDocs(setup);

  await setup.agent.send(new StartIngestionJobCommand(ids));
  await setup.clock.advance(9000);
  const tooEarly = setup.agent.send(new StartIngestionJobCommand(ids));
  await expect(tooEarly).rejects.toMatchObject({
    name: 'ThrottlingException',
    $metadata: { httpStatusCode: 429 },
  });
  await setup.clock.advance(1000);

  await expect(setup.agent.send(new StartIngestionJobCommand(ids))).resolves.toBeDefined();
});

test('a repeated client token answers with the same job, another request with it is a conflict', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);
  const request = { ...ids, clientToken: tokenOf('start'), description: 'once' };

  const first = await setup.agent.send(new StartIngestionJobCommand(request));
  await setup.clock.advance(10_000);
  const second = await setup.agent.send(new StartIngestionJobCommand(request));
  const other = setup.agent.send(new StartIngestionJobCommand({ ...request, description: 'two' }));

  expect(second.ingestionJob?.ingestionJobId).toBe(first.ingestionJob?.ingestionJobId);
  await expect(other).rejects.toThrow('The client token was already used');
  await setup.clock.advance(10 * 60_000);
  const late = await setup.agent.send(new StartIngestionJobCommand(request));
  expect(late.ingestionJob?.ingestionJobId).not.toBe(first.ingestionJob?.ingestionJobId);
});

test.each([
  'short',
  'under_scores_are_not_allowed_in_client_tokens',
  '-starts-with-a-dash-and-is-long-enough',
])('the client token "%s" is refused', async (clientToken) => {
  const setup = await setUp();
  const ids = await createDocs(setup);

  const start = setup.agent.send(new StartIngestionJobCommand({ ...ids, clientToken }));

  await expect(start).rejects.toMatchObject({ name: 'ValidationException' });
});

test('a stopped job is STOPPING, then STOPPED; a finished one cannot be stopped', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const ids = await createDocs(setup);
  const { ingestionJob } = await setup.agent.send(new StartIngestionJobCommand(ids));
  const job = { ...ids, ingestionJobId: ingestionJob?.ingestionJobId };

  const stopping = await setup.agent.send(new StopIngestionJobCommand(job));
  await settle();
  await setup.clock.advance(1000);
  const stopped = await readJob(setup, ids, job.ingestionJobId);

  expect([stopping.ingestionJob?.status, stopped?.status]).toEqual(['STOPPING', 'STOPPED']);
  await expect(setup.agent.send(new StopIngestionJobCommand(job))).rejects.toMatchObject({
    name: 'ConflictException',
  });
});

test('a list of jobs can be filtered, sorted and paged', async () => {
  const setup = await setUp({ bucket: createBucket(FILES) });
  const ids = await createDocs(setup);
  setup.faults.add({ kind: 'job-fails' });
  for (let round = 0; round < 3; round += 1) await runJob(setup, ids);

  const complete = await setup.agent.send(
    new ListIngestionJobsCommand({
      ...ids,
      filters: [{ attribute: 'STATUS', operator: 'EQ', values: ['COMPLETE'] }],
    }),
  );
  const sortBy = { attribute: 'STARTED_AT', order: 'ASCENDING' } as const;
  const page = await setup.agent.send(
    new ListIngestionJobsCommand({ ...ids, sortBy, maxResults: 2 }),
  );
  const rest = await setup.agent.send(
    new ListIngestionJobsCommand({ ...ids, sortBy, maxResults: 2, nextToken: page.nextToken }),
  );

  expect(complete.ingestionJobSummaries).toHaveLength(2);
  expect(page.ingestionJobSummaries?.map(({ status }) => status)).toEqual(['FAILED', 'COMPLETE']);
  expect(rest.ingestionJobSummaries).toHaveLength(1);
  expect(rest.nextToken).toBeUndefined();
});
