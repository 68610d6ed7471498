import {
  CreateDataSourceCommand,
  CreateKnowledgeBaseCommand,
  paginateListDataSources,
  paginateListKnowledgeBases,
  type BedrockAgentClient,
  type DataSource,
  type KnowledgeBaseStatus,
} from '@aws-sdk/client-bedrock-agent';
import { failure } from '../../workflows/failures.ts';
import { callAws } from './errors.ts';
import { getDataSource, locationOf, present } from './knowledge-places.ts';

export interface KnowledgeSetUp {
  /** Finds the knowledge base of this name, or makes it. It takes a data source once it is ACTIVE. */
  createKnowledgeBase(
    request: KnowledgeBaseRequest,
  ): Promise<{ readonly knowledgeBaseId: string; readonly status: KnowledgeBaseStatus }>;
  /**
   * Finds the data source of this name, or makes it.
   * @throws InvalidConfig - one of this name reads another bucket or prefix.
   * @throws Conflict - the knowledge base is not ACTIVE yet.
   */
  createDataSource(request: DataSourceRequest): Promise<{ readonly dataSourceId: string }>;
}

interface KnowledgeBaseRequest {
  readonly name: string;
  readonly roleArn: string;
  readonly embeddingModelArn: string;
  /** An S3 Vectors index, which must exist. */
  readonly vectorIndexArn: string;
  readonly clientToken: string;
  readonly signal: AbortSignal;
}

interface DataSourceRequest {
  readonly knowledgeBaseId: string;
  readonly name: string;
  readonly bucket: string;
  /** Ends with `/`, or `acme` would also take `acme2`. */
  readonly prefix: string;
  readonly clientToken: string;
  readonly signal: AbortSignal;
}

export function knowledgeSetUp(agent: BedrockAgentClient): KnowledgeSetUp {
  return {
    createKnowledgeBase: async (request) =>
      (await findKnowledgeBase(agent, request)) ?? makeKnowledgeBase(agent, request),
    async createDataSource(request) {
      const { knowledgeBaseId, signal } = request;
      const known = await findDataSource(agent, request);
      if (known === undefined) return makeDataSource(agent, request);
      const found = await getDataSource(agent, { knowledgeBaseId, dataSourceId: known, signal });
      requireSamePlace(found, request);
      return { dataSourceId: known };
    },
  };
}

async function findKnowledgeBase(
  agent: BedrockAgentClient,
  { name, signal }: KnowledgeBaseRequest,
): Promise<{ readonly knowledgeBaseId: string; readonly status: KnowledgeBaseStatus } | undefined> {
  const context = { operation: 'bedrock:ListKnowledgeBases', resource: `knowledge base "${name}"` };
  const pages = paginateListKnowledgeBases({ client: agent }, {}, { abortSignal: signal });
  const all = await callAws(context, signal, () => Array.fromAsync(pages));
  for (const { knowledgeBaseId, status, ...summary } of all.flatMap(
    (page) => page.knowledgeBaseSummaries ?? [],
  )) {
    const fits = summary.name === name && status !== 'DELETING';
    if (fits && knowledgeBaseId !== undefined && status) return { knowledgeBaseId, status };
  }
  return undefined;
}

async function makeKnowledgeBase(
  agent: BedrockAgentClient,
  { name, roleArn, embeddingModelArn, vectorIndexArn, clientToken, signal }: KnowledgeBaseRequest,
): Promise<{ readonly knowledgeBaseId: string; readonly status: KnowledgeBaseStatus }> {
  const operation = 'bedrock:CreateKnowledgeBase';
  const command = new CreateKnowledgeBaseCommand({
    name,
    roleArn,
    clientToken,
    knowledgeBaseConfiguration: {
      type: 'VECTOR',
      vectorKnowledgeBaseConfiguration: { embeddingModelArn },
    },
    storageConfiguration: {
      type: 'S3_VECTORS',
      s3VectorsConfiguration: { indexArn: vectorIndexArn },
    },
  });
  const context = { operation, resource: `knowledge base "${name}"` };
  const { knowledgeBase } = await callAws(context, signal, () =>
    agent.send(command, { abortSignal: signal }),
  );
  return {
    knowledgeBaseId: present(knowledgeBase?.knowledgeBaseId, operation),
    status: present(knowledgeBase?.status, operation),
  };
}

async function findDataSource(
  agent: BedrockAgentClient,
  request: DataSourceRequest,
): Promise<string | undefined> {
  const { knowledgeBaseId, name, signal } = request;
  const pages = paginateListDataSources(
    { client: agent },
    { knowledgeBaseId },
    { abortSignal: signal },
  );
  const context = namedContext('ListDataSources', request);
  const all = await callAws(context, signal, () => Array.fromAsync(pages));
  return all
    .flatMap((page) => page.dataSourceSummaries ?? [])
    .find((summary) => summary.name === name && summary.status !== 'DELETING')?.dataSourceId;
}

async function makeDataSource(
  agent: BedrockAgentClient,
  request: DataSourceRequest,
): Promise<{ readonly dataSourceId: string }> {
  const { knowledgeBaseId, name, bucket, prefix, clientToken, signal } = request;
  const command = new CreateDataSourceCommand({
    knowledgeBaseId,
    name,
    clientToken,
    dataSourceConfiguration: {
      type: 'S3',
      s3Configuration: {
        bucketArn: `arn:aws:s3:::${bucket}`,
        // Without one the data source reads the whole bucket; an empty one is refused.
        ...(prefix === '' ? {} : { inclusionPrefixes: [prefix] }),
      },
    },
  });
  const { dataSource } = await callAws(namedContext('CreateDataSource', request), signal, () =>
    agent.send(command, { abortSignal: signal }),
  );
  return { dataSourceId: present(dataSource?.dataSourceId, 'bedrock:CreateDataSource') };
}

function namedContext(operation: string, { knowledgeBaseId, name }: DataSourceRequest) {
  return {
    operation: `bedrock:${operation}`,
    resource: `data source "${name}" of knowledge base "${knowledgeBaseId}"`,
  };
}

function requireSamePlace(
  dataSource: DataSource,
  { name, bucket, prefix }: DataSourceRequest,
): void {
  const found = locationOf(dataSource);
  if (found.bucket === bucket && found.prefix === prefix) return;
  throw failure(
    'InvalidConfig',
    `Data source "${name}" reads "s3://${found.bucket}/${found.prefix}", not "s3://${bucket}/${prefix}". ` +
      'Give the new place a name of its own, or delete the old data source.',
  );
}
