import { cancellationSignal } from '@temporalio/activity';
import type { RemovalError } from '../../adapters/aws/remove-objects.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { recordDeletions, type Candidate } from '../../adapters/postgres/removals.ts';
import {
  isLastRun,
  overtaken,
  type SourceReference,
  type SyncedTarget,
} from '../../adapters/postgres/source-state.ts';
import { failure } from '../../workflows/failures.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { sidecarKey } from './identity.ts';

/** DeleteObjects takes 1,000 keys; rows of one step stay small. */
export const DELETION_STEP = 500;

export interface Deletion extends SourceReference {
  /** The run that named the documents; its record says so. */
  readonly run: string;
  /** The newest run of the source when this began. */
  readonly lastRun: string | null;
  /** Does the run count them among its own? */
  readonly counted: boolean;
  readonly target: SyncedTarget;
  /** Sets the rows to `deleting` and says which of them may go. */
  readonly mark: () => Promise<readonly Omit<Candidate, 'title' | 'interrupted'>[]>;
}

/**
 * The one way in which documents are deleted: row to `deleting`, content, sidecar, row to `deleted` with its record. At every moment
 * something is left that says what to finish. Only the versions go that the rows name: an attempt that slept finds what was put back
 * meanwhile with another ETag, and stops. Returns how many went.
 * @throws Conflict - a newer run has begun.
 */
export async function deleteDocuments(
  { mark, lastRun, ...deletion }: Deletion,
  { db, objects }: Pick<CollectionDependencies, 'db' | 'objects'>,
): Promise<number> {
  const going = await mark();
  const { tenant, source } = deletion;
  const checkClaim = claimOf({ tenant, source, lastRun }, db);
  await removeDocumentObjects(going, { objects, checkClaim });
  await recordDeletions(db, { ...deletion, deleted: going });
  return going.length;
}

/** Throws when a newer run has claimed the source: what lies there now may be its own. */
export function claimOf(
  { lastRun, ...source }: SourceReference & Pick<Deletion, 'lastRun'>,
  db: Database,
): () => Promise<void> {
  return async () => {
    if (!(await isLastRun(db, source, lastRun))) throw overtaken(source);
  };
}

/** The objects of a document; with ETags only those versions go. */
interface DocumentObjects extends Partial<Pick<Candidate, 'contentEtag' | 'sidecarEtag'>> {
  readonly bucket: string;
  readonly key: string;
}

interface Removing extends Pick<CollectionDependencies, 'objects'> {
  /** @throws Conflict - a newer run has begun. */
  readonly checkClaim: () => Promise<void>;
}

/** Content first, then sidecar: a sidecar alone is nothing that a knowledge base would read. */
export async function removeDocumentObjects(
  documents: readonly DocumentObjects[],
  removing: Removing,
): Promise<void> {
  for (const [bucket, members] of Map.groupBy(documents, (one) => one.bucket)) {
    const contents = members.map(({ key, contentEtag }) => [key, contentEtag] as const);
    const sidecars = members.map(({ key, sidecarEtag }) => [sidecarKey(key), sidecarEtag] as const);
    await removeAll(bucket, contents, removing);
    await removeAll(bucket, sidecars, removing);
  }
}

type Version = readonly [key: string, etag: string | null | undefined];

async function removeAll(
  bucket: string,
  versions: readonly Version[],
  { objects, checkClaim }: Removing,
): Promise<void> {
  const keys = versions.map(([key]) => key);
  const etags = new Map(versions.flatMap(([key, etag]) => (etag ? [[key, etag]] : [])));
  await checkClaim();
  const errors = await objects.removeMany({ bucket, keys, etags, signal: cancellationSignal() });
  const others = errors.filter((error) => error.failure === 'Conflict');
  for (const { key } of others) await removeAsItIs({ bucket, key }, { objects, checkClaim });
  const [first, ...more] = errors.filter((error) => error.failure !== 'Conflict');
  if (first) throw notRemoved(bucket, keys.length, [first, ...more]);
}

/**
 * Another version than the row names: put back by a newer run, or stored by a crash in front of its row. The order matters: only if no newer
 * run had begun after the look is what was seen no put-back.
 */
async function removeAsItIs(
  address: { readonly bucket: string; readonly key: string },
  { objects, checkClaim }: Removing,
): Promise<void> {
  const signal = cancellationSignal();
  const current = await objects.head({ ...address, signal });
  await checkClaim();
  if (current) await objects.remove({ ...address, signal, expected: { etag: current.etag } });
}

function notRemoved(
  bucket: string,
  total: number,
  errors: readonly [RemovalError, ...RemovalError[]],
): Error {
  const [first] = errors;
  const what = `${errors.length} of ${total} objects in bucket "${bucket}" were not deleted, the first one being "${first.key}"`;
  return failure(first.failure, `${what}: ${first.message} The next attempt goes on with them.`);
}
