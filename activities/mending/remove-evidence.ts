import { evidencePrefix } from '../../adapters/evidence/evidence-store.ts';
import { forgetEvidence, readEvidencePlaces } from '../../adapters/postgres/evidence-state.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { evidencePlaceOf } from '../collection/evidence-place.ts';

const STEP = 1000;

/**
 * Removes everything that was kept of the pages of a source: what rows name, and whatever else lies below its prefix, such as bundles and what a
 * crash left without a row. Objects first, so that a crash leaves rows that say what to finish. Safe to repeat.
 */
export async function removeEvidence(
  definition: SourceDefinition,
  { db, objects }: Pick<CollectionDependencies, 'db' | 'objects'>,
  signal: AbortSignal,
): Promise<void> {
  const source = { tenant: definition.tenant, source: definition.id };
  const place = evidencePlaceOf(definition);
  const known = await readEvidencePlaces(db, source);
  for (const [bucket, members] of Map.groupBy(known, (one) => one.bucket))
    for (let at = 0; at < members.length; at += STEP)
      await remove(bucket, members.slice(at, at + STEP).map(keyOf));
  if (place !== undefined) await removeBelow(place.bucket, evidencePrefix(place));
  await forgetEvidence(db, source);

  async function removeBelow(bucket: string, prefix: string): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of objects.list({ bucket, prefix, signal })) keys.push(key);
    for (let at = 0; at < keys.length; at += STEP) await remove(bucket, keys.slice(at, at + STEP));
  }

  async function remove(bucket: string, keys: readonly string[]): Promise<void> {
    const [first, ...more] = await objects.removeMany({ bucket, keys, signal });
    if (first === undefined) return;
    throw failure(
      first.failure,
      `${more.length + 1} objects of evidence in bucket "${bucket}" were not deleted, the first one being "${first.key}": ${first.message} The next attempt goes on with them.`,
    );
  }
}

function keyOf({ key }: { readonly key: string }): string {
  return key;
}
