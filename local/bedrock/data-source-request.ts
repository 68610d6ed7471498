import { z } from 'zod';
import { DEFAULT_CHUNKING } from './chunks.ts';
import { ClientToken } from './client-tokens.ts';
import { Description, Name, readBody } from './service.ts';
import { validation } from './service-error.ts';
import type { DataSourceRecord, KnowledgeBaseRecord } from './state.ts';

export type DataSourceSettings = Pick<
  DataSourceRecord,
  | 'name'
  | 'description'
  | 'bucket'
  | 'prefix'
  | 'chunking'
  | 'deletionPolicy'
  | 'configuration'
  | 'ingestionConfiguration'
>;

/** Reads Create- and UpdateDataSource. @throws ValidationException - also for the types that are not served. */
export function readDataSourceRequest(
  body: unknown,
  knowledgeBase: KnowledgeBaseRecord,
): { readonly clientToken?: string; readonly settings: DataSourceSettings } {
  const request = readBody(DataSourceRequest, body);
  const { name, description, clientToken, vectorIngestionConfiguration } = request;
  return {
    ...(clientToken === undefined ? {} : { clientToken }),
    settings: {
      name,
      ...(description === undefined ? {} : { description }),
      ...placeOf(request.dataSourceConfiguration, knowledgeBase),
      chunking: chunkingOf(vectorIngestionConfiguration?.chunkingConfiguration),
      deletionPolicy: request.dataDeletionPolicy ?? 'DELETE',
      configuration: request.dataSourceConfiguration,
      ...(vectorIngestionConfiguration
        ? { ingestionConfiguration: vectorIngestionConfiguration }
        : {}),
    },
  };
}

/** Bedrock takes one prefix a data source. */
const InclusionPrefixes = z.array(z.string().min(1).max(300)).length(1);

const S3Configuration = z.looseObject({
  type: z.literal('S3'),
  s3Configuration: z.looseObject({
    bucketArn: z.string().regex(/^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    inclusionPrefixes: z.exactOptional(InclusionPrefixes),
  }),
});

const ManagedConnector = z.looseObject({
  type: z.literal('MANAGED_KNOWLEDGE_BASE_CONNECTOR'),
  managedKnowledgeBaseConnectorConfiguration: z.looseObject({
    connectorParameters: z.looseObject({
      type: z.literal('S3'),
      connectionConfiguration: z.looseObject({ bucketName: z.string().min(3).max(63) }),
      /** Not documented: taken to be what S3 data sources have. */
      inclusionPrefixes: z.exactOptional(InclusionPrefixes),
    }),
  }),
});

const DataSourceConfiguration = z.discriminatedUnion(
  'type',
  [S3Configuration, ManagedConnector],
  'the embedded server has the types S3 and MANAGED_KNOWLEDGE_BASE_CONNECTOR',
);

const ChunkingConfiguration = z.discriminatedUnion(
  'chunkingStrategy',
  [
    z.looseObject({ chunkingStrategy: z.literal('NONE') }),
    z.looseObject({
      chunkingStrategy: z.literal('FIXED_SIZE'),
      fixedSizeChunkingConfiguration: z.object({
        maxTokens: z.int().min(1).max(8192),
        overlapPercentage: z.int().min(1).max(99),
      }),
    }),
  ],
  'the embedded server has the strategies FIXED_SIZE and NONE',
);

const DataSourceRequest = z.object({
  clientToken: z.exactOptional(ClientToken),
  name: Name,
  description: z.exactOptional(Description),
  dataSourceConfiguration: DataSourceConfiguration,
  dataDeletionPolicy: z.exactOptional(z.enum(['DELETE', 'RETAIN'])),
  vectorIngestionConfiguration: z.exactOptional(
    z.looseObject({ chunkingConfiguration: z.exactOptional(ChunkingConfiguration) }),
  ),
});

function placeOf(
  configuration: z.infer<typeof DataSourceConfiguration>,
  { id, kind }: KnowledgeBaseRecord,
): Pick<DataSourceSettings, 'bucket' | 'prefix'> {
  const wanted = kind === 'MANAGED' ? 'MANAGED_KNOWLEDGE_BASE_CONNECTOR' : 'S3';
  if (configuration.type !== wanted) {
    throw validation(`Knowledge base "${id}" is ${kind} and takes data sources of type ${wanted}.`);
  }
  if (configuration.type === 'S3') {
    const { bucketArn, inclusionPrefixes } = configuration.s3Configuration;
    return { bucket: bucketArn.split(':::')[1] ?? '', prefix: inclusionPrefixes?.[0] ?? '' };
  }
  const { connectorParameters } = configuration.managedKnowledgeBaseConnectorConfiguration;
  return {
    bucket: connectorParameters.connectionConfiguration.bucketName,
    prefix: connectorParameters.inclusionPrefixes?.[0] ?? '',
  };
}

function chunkingOf(
  configuration: z.infer<typeof ChunkingConfiguration> | undefined,
): DataSourceSettings['chunking'] {
  if (!configuration) return DEFAULT_CHUNKING;
  if (configuration.chunkingStrategy === 'NONE') return { strategy: 'NONE' };
  return { strategy: 'FIXED_SIZE', ...configuration.fixedSizeChunkingConfiguration };
}
