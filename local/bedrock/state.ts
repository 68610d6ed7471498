import { join } from 'node:path';
import { z } from 'zod';
import { openRecords, type Records } from './records.ts';

/** What a create or start request leaves behind, so that its repetition finds the same resource. */
const Requested = {
  clientToken: z.exactOptional(z.string()),
  /** SHA-256 of the request without its token. */
  fingerprint: z.string(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  updatedAt: z.number(),
};

const KnowledgeBaseRecord = z.object({
  ...Requested,
  id: z.string(),
  name: z.string(),
  description: z.exactOptional(z.string()),
  roleArn: z.string(),
  kind: z.enum(['VECTOR', 'MANAGED']),
  /** `S3_VECTORS`, `OPENSEARCH_SERVERLESS`, …; absent for MANAGED. */
  storageType: z.exactOptional(z.string()),
  configuration: z.unknown(),
  storage: z.exactOptional(z.unknown()),
  tags: z.record(z.string(), z.string()),
  /** UPDATING or CREATING ends here. */
  readyAt: z.number(),
  /** DELETING ends here. */
  goneAt: z.exactOptional(z.number()),
});
export type KnowledgeBaseRecord = z.infer<typeof KnowledgeBaseRecord>;

const DataSourceRecord = z.object({
  ...Requested,
  id: z.string(),
  knowledgeBaseId: z.string(),
  name: z.string(),
  description: z.exactOptional(z.string()),
  bucket: z.string(),
  /** Empty for the whole bucket. */
  prefix: z.string(),
  chunking: z.union([
    z.object({ strategy: z.literal('NONE') }),
    z.object({
      strategy: z.literal('FIXED_SIZE'),
      maxTokens: z.number(),
      overlapPercentage: z.number(),
    }),
  ]),
  deletionPolicy: z.enum(['DELETE', 'RETAIN']),
  configuration: z.unknown(),
  ingestionConfiguration: z.exactOptional(z.unknown()),
  goneAt: z.exactOptional(z.number()),
});
export type DataSourceRecord = z.infer<typeof DataSourceRecord>;

const JobStatistics = z.object({
  numberOfDocumentsScanned: z.number(),
  numberOfMetadataDocumentsScanned: z.number(),
  numberOfNewDocumentsIndexed: z.number(),
  numberOfModifiedDocumentsIndexed: z.number(),
  numberOfMetadataDocumentsModified: z.number(),
  numberOfDocumentsDeleted: z.number(),
  numberOfDocumentsFailed: z.number(),
  numberOfDocumentsSkipped: z.number(),
});
export type JobStatistics = z.infer<typeof JobStatistics>;

const JobRecord = z.object({
  ...Requested,
  id: z.string(),
  knowledgeBaseId: z.string(),
  dataSourceId: z.string(),
  description: z.exactOptional(z.string()),
  status: z.enum(['STARTING', 'IN_PROGRESS', 'COMPLETE', 'FAILED', 'STOPPING', 'STOPPED']),
  statistics: JobStatistics,
  failureReasons: z.array(z.string()),
});
export type JobRecord = z.infer<typeof JobRecord>;

/** Everything but the documents. */
export interface BedrockState {
  readonly knowledgeBases: Records<KnowledgeBaseRecord>;
  readonly dataSources: Records<DataSourceRecord>;
  readonly jobs: Records<JobRecord>;
}

export function openState(directory: string): BedrockState {
  return {
    knowledgeBases: openRecords(join(directory, 'knowledge-bases'), KnowledgeBaseRecord),
    dataSources: openRecords(join(directory, 'data-sources'), DataSourceRecord),
    jobs: openRecords(join(directory, 'jobs'), JobRecord),
  };
}

/** Is the job neither finished nor stopped? */
export function isRunning(job: JobRecord): boolean {
  return ['STARTING', 'IN_PROGRESS', 'STOPPING'].includes(job.status);
}
