import { BUCKET, SOURCE_URL_VARIABLE } from './names.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';

const HOUR_MS = 3_600_000;

/** A source that reads a table of the bench whole in each run, as `apply` would store it. Its sync waits longer than any bench. */
export function benchSource(id: string, table: string): SourceDefinition {
  return {
    id,
    tenant: 'default',
    title: id,
    type: 'database',
    enabled: true,
    schedule: {
      text: 'every 6 hours',
      spec: { everyMs: 6 * HOUR_MS },
      timezone: 'UTC',
      periodMs: 6 * HOUR_MS,
    },
    knowledgeBase: {
      id: 'main',
      knowledgeBaseId: 'KBBENCH001',
      dataSourceId: 'DSBENCH001',
      bucket: BUCKET,
      prefix: '',
      vectorStore: 'general',
      sync: { quietMs: 6 * HOUR_MS, maxWaitMs: 24 * HOUR_MS },
    },
    category: 'database/articles',
    limits: { timeoutMs: HOUR_MS, sliceDocuments: 250_000, maxDeletedShare: 0.15 },
    config: {
      url: `\${env:${SOURCE_URL_VARIABLE}}`,
      table,
      primaryKey: ['id'],
      title: 'title',
      body: ['summary', 'content'],
      link: 'https://kb.example.com/articles/{{id}}',
      modifiedAt: 'updated_at',
      metadataColumns: ['section'],
    },
  };
}
