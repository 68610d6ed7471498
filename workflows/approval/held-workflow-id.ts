import { DEFAULT_TENANT } from '../collection/ids.ts';

/** The name of a held set in ids and commands: enough to tell the sets of one source apart. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 8);
}

/** `held:<source>:<digest8>`, or `held:<tenant>:<source>:<digest8>`: one question a set. */
export function heldWorkflowId(set: {
  readonly tenant: string;
  readonly source: string;
  readonly digest: string;
}): string {
  const { tenant, source, digest } = set;
  const place = tenant === DEFAULT_TENANT ? source : `${tenant}:${source}`;
  return `held:${place}:${shortDigest(digest)}`;
}
