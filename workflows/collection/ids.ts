/** The one tenant of an installation without tenants. */
export const DEFAULT_TENANT = 'default';

/** `collect:<source>`, or `collect:<tenant>:<source>`; Temporal appends the nominal time for a schedule's run. */
export function collectWorkflowId(tenant: string, source: string): string {
  return tenant === DEFAULT_TENANT ? `collect:${source}` : `collect:${tenant}:${source}`;
}

/** `source:<source>`, or `source:<tenant>:<source>`. */
export function sourceScheduleId(tenant: string, source: string): string {
  return tenant === DEFAULT_TENANT ? `source:${source}` : `source:${tenant}:${source}`;
}

/** One sync a data source: the id is the lock. */
export function syncWorkflowId(knowledgeBaseId: string, dataSourceId: string): string {
  return `kb-sync:${knowledgeBaseId}:${dataSourceId}`;
}
