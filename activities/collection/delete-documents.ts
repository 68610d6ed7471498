import { cancellationSignal } from '@temporalio/activity';
import { recordDeletions, type Candidate } from '../../adapters/postgres/removals.ts';
import type { SourceReference, SyncedTarget } from '../../adapters/postgres/source-state.ts';
import { failure } from '../../workflows/failures.ts';

import type { CollectionDependencies } from './dependencies.ts';
import { sidecarKey } from './identity.ts';

/** DeleteObjects takes 1,000 keys; rows of one step stay small. */
export const DELETION_STEP = 500;

export interface Deletion extends SourceReference {
  /** The run that named the documents; its record says so. */
  readonly run: string;
  /** Does the run count them among its own? */
  readonly counted: boolean;
  readonly target: SyncedTarget;
  /** Sets the rows to `deleting` and says which of them may go. */
  readonly mark: () => Promise<readonly Omit<Candidate, 'title' | 'interrupted'>[]>;
}

/**
 * The one way in which documents are deleted: row to `deleting`, content, sidecar, row to `deleted` with its record. At every moment
 * something is left that says what to finish. Returns how many went.
 */
export async function deleteDocuments(
  { mark, ...deletion }: Deletion,
  { db, objects }: Pick<CollectionDependencies, 'db' | 'objects'>,
): Promise<number> {
  const going = await mark();
  await removeDocumentObjects(going, objects);
  await recordDeletions(db, { ...deletion, deleted: going });
  return going.length;
}

/** Content first, then sidecar: a sidecar alone is nothing that a knowledge base would read. */
export async function removeDocumentObjects(
  documents: readonly { readonly bucket: string; readonly key: string }[],
  objects: CollectionDependencies['objects'],
): Promise<void> {
  for (const [bucket, keys] of keysByBucket(documents)) {
    await removeAll({ objects, bucket, keys });
    await removeAll({ objects, bucket, keys: keys.map(sidecarKey) });
  }
}

function keysByBucket(
  objects: readonly { readonly bucket: string; readonly key: string }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(objects, (one) => one.bucket);
  return new Map([...groups].map(([bucket, members]) => [bucket, members.map((one) => one.key)]));
}

async function removeAll({
  objects,
  bucket,
  keys,
}: {
  readonly objects: CollectionDependencies['objects'];
  readonly bucket: string;
  readonly keys: readonly string[];
}): Promise<void> {
  const errors = await objects.removeMany({ bucket, keys, signal: cancellationSignal() });
  const [first] = errors;
  if (!first) return;
  const what = `${errors.length} of ${keys.length} objects in bucket "${bucket}" were not deleted, the first one being "${first.key}"`;
  throw failure(first.failure, `${what}: ${first.message} The next attempt goes on with them.`);
}
