import {
  DeleteKnowledgeBaseDocumentsCommand,
  GetKnowledgeBaseDocumentsCommand,
  IngestKnowledgeBaseDocumentsCommand,
  ListKnowledgeBaseDocumentsCommand,
} from '@aws-sdk/client-bedrock-agent';
import { RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, test } from 'vitest';
import {
  createBucket,
  createDocs,
  runJob,
  setUp,
  type DataSourceIds,
  type Setup,
} from './fixture.ts';

const uriOf = (key: string): string => `s3://documents/${key}`;

function ingest({ agent }: Setup, ids: DataSourceIds, ...keys: readonly string[]) {
  const documents = keys.map((key) => ({
    content: { dataSourceType: 'S3', s3: { s3Location: { uri: uriOf(key) } } } as const,
  }));
  return agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...ids, documents }));
}

function identifiers(...keys: readonly string[]) {
  return keys.map((key) => ({ dataSourceType: 'S3', s3: { uri: uriOf(key) } }) as const);
}

async function statuses({ agent }: Setup, ids: DataSourceIds, ...keys: readonly string[]) {
  const documentIdentifiers = identifiers(...keys);
  const { documentDetails } = await agent.send(
    new GetKnowledgeBaseDocumentsCommand({ ...ids, documentIdentifiers }),
  );
  return documentDetails?.map(({ status }) => status);
}

async function found({ runtime }: Setup, ids: DataSourceIds, text: string) {
  const { retrievalResults } = await runtime.send(
    new RetrieveCommand({ ...ids, retrievalQuery: { text } }),
  );
  return retrievalResults?.map(({ location }) => location?.s3Location?.uri);
}

test('a document that is ingested directly can be found a little later, with its sidecar', async () => {
  const setup = await setUp({
    bucket: createBucket({
      'kb/a.md': 'Apples',
      'kb/a.md.metadata.json': '{"metadataAttributes":{"lang":"en"}}',
    }),
  });
  const ids = await createDocs(setup);

  const { documentDetails } = await ingest(setup, ids, 'kb/a.md', 'kb/missing.md');
  const before = await found(setup, ids, 'apples');
  await setup.clock.advance(2000);

  expect(documentDetails?.map(({ status }) => status)).toEqual(['STARTING', 'STARTING']);
  expect(before).toEqual([]);
  expect(await statuses(setup, ids, 'kb/a.md', 'kb/missing.md', 'kb/never.md')).toEqual([
    'INDEXED',
    'FAILED',
    'NOT_FOUND',
  ]);
  const { retrievalResults } = await setup.runtime.send(
    new RetrieveCommand({ ...ids, retrievalQuery: { text: 'apples' } }),
  );
  expect(retrievalResults?.[0]?.metadata).toMatchObject({ lang: 'en' });
});

test('a job leaves a directly ingested document in peace while it is under the prefix, and removes it outside', async () => {
  const setup = await setUp({
    bucket: createBucket({ 'kb/a.md': 'Apples', 'out/b.md': 'Bananas' }),
  });
  const ids = await createDocs(setup);
  await ingest(setup, ids, 'kb/a.md', 'out/b.md');
  await setup.clock.advance(2000);

  const job = await runJob(setup, ids);

  expect(job?.statistics).toMatchObject({
    numberOfNewDocumentsIndexed: 0,
    numberOfDocumentsDeleted: 1,
  });
  expect(await found(setup, ids, 'apples bananas')).toEqual([uriOf('kb/a.md')]);
});

test('a directly deleted document comes back with the next job, as long as its object is there', async () => {
  const setup = await setUp({ bucket: createBucket({ 'kb/a.md': 'Apples' }) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);

  const documentIdentifiers = identifiers('kb/a.md', 'kb/never.md');
  const { documentDetails } = await setup.agent.send(
    new DeleteKnowledgeBaseDocumentsCommand({ ...ids, documentIdentifiers }),
  );
  await setup.clock.advance(2000);
  const gone = await statuses(setup, ids, 'kb/a.md');
  await runJob(setup, ids);

  expect(documentDetails?.map(({ status }) => status)).toEqual(['DELETING', 'NOT_FOUND']);
  expect(gone).toEqual(['NOT_FOUND']);
  expect(await statuses(setup, ids, 'kb/a.md')).toEqual(['INDEXED']);
});

test('a call takes at most ten documents, of the bucket of the data source, without inline metadata', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);
  const eleven = Array.from({ length: 11 }, (_, index) => `kb/${index}.md`);
  const uri = uriOf('kb/a.md');

  await expect(ingest(setup, ids, ...eleven)).rejects.toMatchObject({
    name: 'ValidationException',
  });
  await expect(
    setup.agent.send(
      new IngestKnowledgeBaseDocumentsCommand({
        ...ids,
        documents: [
          {
            content: { dataSourceType: 'S3', s3: { s3Location: { uri } } },
            metadata: { type: 'IN_LINE_ATTRIBUTE', inlineAttributes: [] },
          },
        ],
      }),
    ),
  ).rejects.toThrow('takes no inline metadata');
  await expect(
    setup.agent.send(
      new IngestKnowledgeBaseDocumentsCommand({
        ...ids,
        documents: [
          { content: { dataSourceType: 'S3', s3: { s3Location: { uri: 's3://other/a.md' } } } },
        ],
      }),
    ),
  ).rejects.toThrow('is not in bucket "documents"');
});

test('the list of documents has pages', async () => {
  const files = Array.from({ length: 25 }, (_, index) => [`kb/${index}.md`, 'text'] as const);
  const setup = await setUp({ bucket: createBucket(Object.fromEntries(files)) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);

  const uris: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await setup.agent.send(
      new ListKnowledgeBaseDocumentsCommand({ ...ids, maxResults: 10, nextToken }),
    );
    uris.push(...(page.documentDetails ?? []).map(({ identifier }) => identifier?.s3?.uri));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);

  expect(new Set(uris).size).toBe(25);
});
