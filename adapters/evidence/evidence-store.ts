import { hash } from 'node:crypto';
import { failure } from '../../workflows/failures.ts';
import type { EvidenceSide } from '../../workflows/repair/evidence-choice.ts';
import type { Objects } from '../aws/objects.ts';

/** Where the evidence of a source lies: a place that no knowledge base reads. */
export interface EvidencePlace {
  readonly bucket: string;
  /** Without slashes at both ends; may be empty. */
  readonly prefix: string;
  readonly tenant: string;
  readonly source: string;
}

/** Held-out bodies lie below a prefix of their own, so that a role can be forbidden to read them. */
export type EvidenceKind = EvidenceSide | 'bundles';

/** Content in S3 under the name of its sha256. */
export interface EvidenceObject {
  readonly bucket: string;
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** `<prefix>/<tenant>/<source>/bodies|held-out|bundles/<sha256>`. */
function evidenceKey(place: EvidencePlace, kind: EvidenceKind, sha256: string): string {
  return `${evidencePrefix(place)}${FOLDERS[kind]}/${sha256}`;
}

/** Everything of a source begins so. */
export function evidencePrefix({ prefix, tenant, source }: EvidencePlace): string {
  return `${[prefix, tenant, source].filter((part) => part !== '').join('/')}/`;
}

const FOLDERS = { shown: 'bodies', 'held-out': 'held-out', bundles: 'bundles' } as const;

/** Names content by itself; nothing is stored yet. */
export function nameEvidence(
  place: EvidencePlace,
  kind: EvidenceKind,
  body: Buffer,
): EvidenceObject {
  const sha256 = hash('sha256', body);
  const { bucket } = place;
  return { bucket, key: evidenceKey(place, kind, sha256), sha256, bytes: body.length };
}

/** Stores content under its name. Safe to repeat: the same content lies there already. */
export async function putEvidence(
  objects: Pick<Objects, 'put'>,
  { bucket, key }: EvidenceObject,
  { body, contentType, signal }: { body: Buffer; contentType: string; signal: AbortSignal },
): Promise<void> {
  await objects.put({ bucket, key, body, contentType, signal });
}

/**
 * The content of an evidence object.
 * @throws NotFound - it was removed. @throws InvalidDocument - what lies there is not what its name says.
 */
export async function getEvidence(
  objects: Pick<Objects, 'get'>,
  { bucket, key }: Pick<EvidenceObject, 'bucket' | 'key'>,
  signal: AbortSignal,
): Promise<Buffer> {
  const { body } = await objects.get({ bucket, key, signal });
  if (hash('sha256', body) !== key.slice(key.lastIndexOf('/') + 1)) throw damaged(bucket, key);
  return body;
}

function damaged(bucket: string, key: string): Error {
  return failure(
    'InvalidDocument',
    `The evidence "${key}" in bucket "${bucket}" is not what was stored there: its sha256 is another one. Remove it; the next good run stores it again.`,
  );
}
