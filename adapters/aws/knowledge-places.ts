import {
  CreateDataSourceCommand,
  CreateKnowledgeBaseCommand,
  GetDataSourceCommand,
  GetKnowledgeBaseCommand,
  paginateListDataSources,
  paginateListKnowledgeBases,
  type BedrockAgentClient,
  type DataSource,
  type DataSourceStatus,
  type KnowledgeBase,
  type KnowledgeBaseStatus,
} from '@aws-sdk/client-bedrock-agent';
import { z } from 'zod';
import { failure } from '../../workflows/failures.ts';
import { callAws } from './errors.ts';
import { contextOf, refOf, type DataSourceCall } from './knowledge-ingestions.ts';

/** What a knowledge base is made of and which objects it reads. */
export interface KnowledgePlace {
  readonly knowledgeBaseStatus: KnowledgeBaseStatus;
  readonly dataSourceStatus: DataSourceStatus;
  readonly kind: 'VECTOR' | 'MANAGED';
  /** `S3_VECTORS`, `OPENSEARCH_SERVERLESS`, …; `undefined` for MANAGED, which keeps its own. */
  readonly storageType: string | undefined;
  readonly bucket: string;
  /** Empty: the whole bucket. */
  readonly prefix: string;
  /** Why one of them is FAILED. */
  readonly failureReasons: readonly string[];
}

export interface KnowledgeBaseRequest {
  readonly name: string;
  readonly roleArn: string;
  readonly embeddingModelArn: string;
  /** An S3 Vectors index, which must exist. */
  readonly vectorIndexArn: string;
  readonly clientToken: string;
  readonly signal: AbortSignal;
}

export interface DataSourceRequest {
  readonly knowledgeBaseId: string;
  readonly name: string;
  readonly bucket: string;
  /** Ends with `/`, or `acme` would also take `acme2`. */
  readonly prefix: string;
  readonly clientToken: string;
  readonly signal: AbortSignal;
}

export interface KnowledgePlaces {
  /** @throws InvalidConfig - it is of a kind, or reads from a place, that documents cannot be put into. */
  describe(request: DataSourceCall): Promise<KnowledgePlace>;
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

export function knowledgePlaces(agent: BedrockAgentClient): KnowledgePlaces {
  return {
    async describe(request) {
      const [knowledgeBase, dataSource] = await Promise.all([
        getKnowledgeBase(agent, request),
        getDataSource(agent, request),
      ]);
      return toPlace(knowledgeBase, dataSource);
    },
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

async function getKnowledgeBase(
  agent: BedrockAgentClient,
  { knowledgeBaseId, signal }: DataSourceCall,
): Promise<KnowledgeBase> {
  const context = {
    operation: 'bedrock:GetKnowledgeBase',
    resource: `knowledge base "${knowledgeBaseId}"`,
  };
  const command = new GetKnowledgeBaseCommand({ knowledgeBaseId });
  const { knowledgeBase } = await callAws(context, signal, () =>
    agent.send(command, { abortSignal: signal }),
  );
  return present(knowledgeBase, context.operation);
}

async function getDataSource(
  agent: BedrockAgentClient,
  request: DataSourceCall,
): Promise<DataSource> {
  const { signal } = request;
  const command = new GetDataSourceCommand(refOf(request));
  const { dataSource } = await callAws(contextOf('GetDataSource', request), signal, () =>
    agent.send(command, { abortSignal: signal }),
  );
  return present(dataSource, 'bedrock:GetDataSource');
}

function toPlace(knowledgeBase: KnowledgeBase, dataSource: DataSource): KnowledgePlace {
  return {
    knowledgeBaseStatus: present(knowledgeBase.status, 'bedrock:GetKnowledgeBase'),
    dataSourceStatus: present(dataSource.status, 'bedrock:GetDataSource'),
    kind: kindOf(knowledgeBase),
    storageType: knowledgeBase.storageConfiguration?.type,
    ...locationOf(dataSource),
    failureReasons: [...(knowledgeBase.failureReasons ?? []), ...(dataSource.failureReasons ?? [])],
  };
}

function kindOf({
  knowledgeBaseId,
  knowledgeBaseConfiguration,
}: KnowledgeBase): KnowledgePlace['kind'] {
  const kind = knowledgeBaseConfiguration?.type;
  if (kind === 'VECTOR' || kind === 'MANAGED') return kind;
  throw failure(
    'InvalidConfig',
    `Knowledge base "${knowledgeBaseId}" is of type "${kind}". Use one of type VECTOR or MANAGED.`,
  );
}

/** The parameters of a managed connector have no shape in the SDK. `inclusionPrefixes` is an assumption. */
const ConnectorParameters = z.object({
  connectionConfiguration: z.object({ bucketName: z.string() }),
  inclusionPrefixes: z.exactOptional(z.array(z.string())),
});

function locationOf(dataSource: DataSource): Pick<KnowledgePlace, 'bucket' | 'prefix'> {
  const { s3Configuration, managedKnowledgeBaseConnectorConfiguration, type } =
    dataSource.dataSourceConfiguration ?? {};
  if (s3Configuration?.bucketArn !== undefined) {
    const bucket = s3Configuration.bucketArn.split(':::')[1] ?? '';
    return { bucket, prefix: s3Configuration.inclusionPrefixes?.[0] ?? '' };
  }
  const connector = ConnectorParameters.safeParse(
    managedKnowledgeBaseConnectorConfiguration?.connectorParameters,
  );
  if (connector.success) {
    const { connectionConfiguration, inclusionPrefixes } = connector.data;
    return { bucket: connectionConfiguration.bucketName, prefix: inclusionPrefixes?.[0] ?? '' };
  }
  throw failure(
    'InvalidConfig',
    `Data source "${dataSource.dataSourceId}" is of type "${type}" and reads no S3 bucket. Use one of type S3.`,
  );
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
      s3Configuration: { bucketArn: `arn:aws:s3:::${bucket}`, inclusionPrefixes: [prefix] },
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

/** The SDK's types let every member be absent; an answer without this one is no answer. */
function present<T>(value: T | undefined, operation: string): T {
  if (value !== undefined) return value;
  throw failure(
    'Unavailable',
    `The answer to ${operation} is incomplete. The next attempt asks again.`,
  );
}
