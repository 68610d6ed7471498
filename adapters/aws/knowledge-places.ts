import {
  GetDataSourceCommand,
  GetKnowledgeBaseCommand,
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

export interface KnowledgePlaces {
  /** @throws InvalidConfig - it is of a kind, or reads from a place, that documents cannot be put into. */
  describe(request: DataSourceCall): Promise<KnowledgePlace>;
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

/** @throws NotFound - it or its knowledge base does not exist. */
export async function getDataSource(
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

/** The bucket and the one prefix that a data source reads. @throws InvalidConfig - it reads no bucket. */
export function locationOf(dataSource: DataSource): Pick<KnowledgePlace, 'bucket' | 'prefix'> {
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

/** The SDK's types let every member be absent; an answer without this one is no answer. @throws Unavailable. */
export function present<T>(value: T | undefined, operation: string): T {
  if (value !== undefined) return value;
  throw failure(
    'Unavailable',
    `The answer to ${operation} is incomplete. The next attempt asks again.`,
  );
}
