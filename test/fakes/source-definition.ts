import type { SourceDefinition } from '../../workflows/collection/definitions.ts';

/** A valid definition as `apply` stores it; give what the test is about. */
export function sourceDefinition(
  overrides: Partial<SourceDefinition> & Pick<SourceDefinition, 'id'>,
): SourceDefinition {
  return {
    tenant: 'default',
    title: overrides.id,
    type: 'database',
    enabled: true,
    schedule: {
      text: 'every 6 hours',
      spec: { everyMs: 21_600_000 },
      timezone: 'UTC',
      periodMs: 21_600_000,
    },
    knowledgeBase: {
      id: 'main',
      knowledgeBaseId: 'KB12',
      dataSourceId: 'DS1',
      bucket: 'documents',
      prefix: '',
      vectorStore: 'general',
      sync: { quietMs: 120_000, maxWaitMs: 600_000 },
    },
    category: 'database',
    limits: { timeoutMs: 1_800_000, sliceDocuments: 250_000, maxDeletedShare: 0.15 },
    config: { url: '${env:URL}', table: 'articles', primaryKey: ['id'] },
    ...overrides,
  };
}
