import { DEFAULT_TENANT } from '../collection/ids.ts';

/** `repair:<source>`, or `repair:<tenant>:<source>`: one repair a source; the id is the lock. */
export function repairWorkflowId(tenant: string, source: string): string {
  return tenant === DEFAULT_TENANT ? `repair:${source}` : `repair:${tenant}:${source}`;
}
