import {
  CreateDataSourceCommand,
  CreateKnowledgeBaseCommand,
  DeleteDataSourceCommand,
  DeleteKnowledgeBaseCommand,
  GetDataSourceCommand,
  GetKnowledgeBaseCommand,
  ListDataSourcesCommand,
  ListKnowledgeBasesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateDataSourceCommand,
  UpdateKnowledgeBaseCommand,
  type DataSourceConfiguration,
} from '@aws-sdk/client-bedrock-agent';
import { RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, test } from 'vitest';
import {
  createBucket,
  createDocs,
  dataSourceRequest,
  knowledgeBaseRequest,
  runJob,
  setUp,
  tokenOf,
} from './fixture.ts';

test('a knowledge base is CREATING, then ACTIVE; before that it takes no data source', async () => {
  const { agent, clock } = await setUp();

  const { knowledgeBase } = await agent.send(
    new CreateKnowledgeBaseCommand(knowledgeBaseRequest()),
  );
  const knowledgeBaseId = knowledgeBase?.knowledgeBaseId ?? '';
  const tooEarly = agent.send(new CreateDataSourceCommand(dataSourceRequest(knowledgeBaseId)));
  await expect(tooEarly).rejects.toMatchObject({ name: 'ConflictException' });
  await clock.advance(2000);
  const later = await agent.send(new GetKnowledgeBaseCommand({ knowledgeBaseId }));
  const { dataSource } = await agent.send(
    new CreateDataSourceCommand(dataSourceRequest(knowledgeBaseId)),
  );

  expect(knowledgeBase?.status).toBe('CREATING');
  expect(knowledgeBaseId).toMatch(/^[0-9a-zA-Z]{10}$/);
  expect(later.knowledgeBase).toMatchObject({ status: 'ACTIVE', name: 'docs' });
  expect(later.knowledgeBase?.createdAt).toBeInstanceOf(Date);
  expect(dataSource?.status).toBe('AVAILABLE');
});

test('names are unique, but a repeated token answers with the same knowledge base', async () => {
  const { agent } = await setUp();
  const request = { ...knowledgeBaseRequest(), clientToken: tokenOf('create') };

  const first = await agent.send(new CreateKnowledgeBaseCommand(request));
  const second = await agent.send(new CreateKnowledgeBaseCommand(request));
  await expect(agent.send(new CreateKnowledgeBaseCommand(knowledgeBaseRequest()))).rejects.toThrow(
    'A knowledge base named "docs" already exists.',
  );
  const { knowledgeBaseSummaries } = await agent.send(new ListKnowledgeBasesCommand({}));

  expect(second.knowledgeBase?.knowledgeBaseId).toBe(first.knowledgeBase?.knowledgeBaseId);
  expect(knowledgeBaseSummaries).toHaveLength(1);
});

test('an update overwrites everything but embedding model and storage', async () => {
  const { agent, clock } = await setUp();
  const { knowledgeBase } = await agent.send(
    new CreateKnowledgeBaseCommand({ ...knowledgeBaseRequest(), description: 'old' }),
  );
  const knowledgeBaseId = knowledgeBase?.knowledgeBaseId;
  await clock.advance(2000);

  const updated = await agent.send(
    new UpdateKnowledgeBaseCommand({ ...knowledgeBaseRequest('renamed'), knowledgeBaseId }),
  );
  await clock.advance(2000);
  const otherStore = agent.send(
    new UpdateKnowledgeBaseCommand({
      ...knowledgeBaseRequest('renamed', 'S3_VECTORS'),
      knowledgeBaseId,
    }),
  );

  expect(updated.knowledgeBase).toMatchObject({ status: 'UPDATING', name: 'renamed' });
  expect(updated.knowledgeBase?.description).toBeUndefined();
  await expect(otherStore).rejects.toThrow('Embedding model and storage');
});

test('data sources go before their knowledge base, and both take a while', async () => {
  const setup = await setUp({ bucket: createBucket({ 'kb/a.md': 'Apples' }) });
  const ids = await createDocs(setup);
  await runJob(setup, ids);
  const { agent, clock } = setup;

  await expect(agent.send(new DeleteKnowledgeBaseCommand(ids))).rejects.toThrow(
    'Delete them first',
  );
  const deleting = await agent.send(new DeleteDataSourceCommand(ids));
  const meanwhile = await agent.send(new GetDataSourceCommand(ids));
  await clock.advance(2000);
  await expect(agent.send(new GetDataSourceCommand(ids))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  const { retrievalResults } = await setup.runtime.send(
    new RetrieveCommand({ ...ids, retrievalQuery: { text: 'apples' } }),
  );
  await agent.send(new DeleteKnowledgeBaseCommand(ids));
  await clock.advance(2000);

  expect([deleting.status, meanwhile.dataSource?.status]).toEqual(['DELETING', 'DELETING']);
  expect(retrievalResults).toEqual([]);
  await expect(agent.send(new GetKnowledgeBaseCommand(ids))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});

test('RETAIN keeps what was indexed after the data source is gone', async () => {
  const setup = await setUp({ bucket: createBucket({ 'kb/a.md': 'Apples' }) });
  const ids = await createDocs(setup, { more: { dataDeletionPolicy: 'RETAIN' } });
  await runJob(setup, ids);

  await setup.agent.send(new DeleteDataSourceCommand(ids));
  await setup.clock.advance(2000);
  const { retrievalResults } = await setup.runtime.send(
    new RetrieveCommand({ ...ids, retrievalQuery: { text: 'apples' } }),
  );

  expect(retrievalResults).toHaveLength(1);
});

const S3 = { bucketArn: 'arn:aws:s3:::documents' };

test.each<readonly [string, DataSourceConfiguration, string]>([
  [
    'two prefixes',
    { type: 'S3', s3Configuration: { ...S3, inclusionPrefixes: ['a/', 'b/'] } },
    'inclusionPrefixes',
  ],
  [
    'no prefix in the list',
    { type: 'S3', s3Configuration: { ...S3, inclusionPrefixes: [] } },
    'inclusionPrefixes',
  ],
  [
    'a bucket name instead of an ARN',
    { type: 'S3', s3Configuration: { bucketArn: 'documents' } },
    'bucketArn',
  ],
  ['another type', { type: 'WEB' }, 'the embedded server has the types S3'],
])('a data source with %s is refused', async (_what, dataSourceConfiguration, sentence) => {
  const setup = await setUp();
  const { knowledgeBaseId } = await createDocs(setup);

  const create = setup.agent.send(
    new CreateDataSourceCommand({ knowledgeBaseId, name: 'other', dataSourceConfiguration }),
  );

  await expect(create).rejects.toMatchObject({
    name: 'ValidationException',
    message: expect.stringContaining(sentence),
  });
});

test('the chunking of a data source is fixed, its description is not', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);
  const request = { ...dataSourceRequest(ids.knowledgeBaseId), ...ids };

  const updated = await setup.agent.send(
    new UpdateDataSourceCommand({ ...request, description: 'new' }),
  );
  await expect(
    setup.agent.send(
      new UpdateDataSourceCommand({
        ...request,
        vectorIngestionConfiguration: { chunkingConfiguration: { chunkingStrategy: 'NONE' } },
      }),
    ),
  ).rejects.toThrow('chunking of a data source cannot change');
  const { dataSourceSummaries } = await setup.agent.send(new ListDataSourcesCommand(ids));

  expect(updated.dataSource?.description).toBe('new');
  expect(dataSourceSummaries).toMatchObject([{ name: 'bucket', description: 'new' }]);
});

test('a MANAGED knowledge base has no storage and connects to a bucket', async () => {
  const { agent, clock } = await setUp();
  const { storageConfiguration: _, ...request } = knowledgeBaseRequest();
  const { knowledgeBase } = await agent.send(
    new CreateKnowledgeBaseCommand({
      ...request,
      knowledgeBaseConfiguration: {
        type: 'MANAGED',
        managedKnowledgeBaseConfiguration: { embeddingModelType: 'MANAGED' },
      },
    }),
  );
  const knowledgeBaseId = knowledgeBase?.knowledgeBaseId;
  await clock.advance(2000);

  const s3 = agent.send(new CreateDataSourceCommand(dataSourceRequest(knowledgeBaseId ?? '')));
  await expect(s3).rejects.toThrow('takes data sources of type MANAGED_KNOWLEDGE_BASE_CONNECTOR');
  const { dataSource } = await agent.send(
    new CreateDataSourceCommand({
      knowledgeBaseId,
      name: 'bucket',
      dataSourceConfiguration: {
        type: 'MANAGED_KNOWLEDGE_BASE_CONNECTOR',
        managedKnowledgeBaseConnectorConfiguration: {
          connectorParameters: {
            type: 'S3',
            version: '1',
            connectionConfiguration: { bucketName: 'documents', bucketOwnerAccountId: '0' },
          },
        },
      },
    }),
  );

  expect(dataSource?.status).toBe('AVAILABLE');
});

test('tags are added, listed and taken away, under an ARN as one path segment', async () => {
  const { agent } = await setUp();
  const { knowledgeBase } = await agent.send(
    new CreateKnowledgeBaseCommand({ ...knowledgeBaseRequest(), tags: { team: 'docs' } }),
  );
  const resourceArn = knowledgeBase?.knowledgeBaseArn;

  await agent.send(new TagResourceCommand({ resourceArn, tags: { stage: 'test' } }));
  await agent.send(new UntagResourceCommand({ resourceArn, tagKeys: ['team'] }));
  const { tags } = await agent.send(new ListTagsForResourceCommand({ resourceArn }));

  expect(tags).toEqual({ stage: 'test' });
});
