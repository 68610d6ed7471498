import { createHash } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
import type { Database } from '../../adapters/postgres/database.ts';
import {
  findCandidates,
  findStaleObjects,
  forgetStaleObjects,
  markDeleting,
  recordDeletions,
  type Candidate,
  type Candidates,
} from '../../adapters/postgres/removals.ts';
import { readRunCounts, setRunPhase } from '../../adapters/postgres/runs.ts';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import type {
  ReconcileDocumentsInput,
  ReconcileReport,
} from '../../workflows/collection/activities.ts';
import { NO_COUNTS, type RunCounts } from '../../workflows/collection/counts.ts';
import { refuseDeletion } from '../../workflows/collection/deletion-guard.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import { failure } from '../../workflows/failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { sidecarKey } from './identity.ts';

/** DeleteObjects takes 1,000 keys; rows of one step stay small. */
const STEP = 500;
const SAMPLE = 10;

/** Deletes what the source no longer has, within the guard. Running it again finishes what a crash left half done. */
export async function reconcileDocuments(
  input: ReconcileDocumentsInput,
  deps: CollectionDependencies,
): Promise<ReconcileReport> {
  const { db } = deps;
  const definition = await definitionByDigest(db, input.digest);
  if (!definition)
    throw failure(
      'NotFound',
      `No definition has the digest "${input.digest}". Run "wellspring apply" again.`,
    );
  await setRunPhase(db, { id: input.runId, phase: 'removing what the source no longer has' });
  const progress = { deleted: 0 };
  return withHeartbeat(
    () => ({ phase: 'removing', ...progress }),
    async () => {
      if (input.listingComplete) await removeStaleObjects(input, definition, deps);
      const { candidates, live } = await findCandidates(db, input, input.listingComplete);
      const interrupted = candidates.filter((one) => one.interrupted);
      const fresh = candidates.filter((one) => !one.interrupted);
      const held = holdBack({ candidates: fresh, live: live - interrupted.length }, definition);
      const allowed = [...interrupted, ...(held ? [] : fresh)];
      for (let at = 0; at < allowed.length; at += STEP) {
        const step = allowed.slice(at, at + STEP);
        progress.deleted += await remove(step, input, definition, deps);
      }
      return { counts: await deletedByRun(db, input.runId), ...(held ? { held } : {}) };
    },
  );
}

/** Of all attempts of this run: one that died after its work must not leave a report of nothing. */
async function deletedByRun(db: Database, runId: string): Promise<RunCounts> {
  const { deleted = 0 } = await readRunCounts(db, runId);
  return { ...NO_COUNTS, deleted };
}

/** What was begun was allowed then, and is finished; the guard judges the rest. */
function holdBack(
  { candidates, live }: Candidates,
  definition: SourceDefinition,
): HeldReport | undefined {
  const { maxDeletedShare } = definition.limits;
  const reason = refuseDeletion({ candidates: candidates.length, live, maxDeletedShare });
  if (!reason) return undefined;
  const failureName = candidates.length >= live ? 'EmptyResult' : 'ContentShrank';
  return {
    failure: failureName,
    reason: `${reason} If it is right, raise limits.maxDeletedShare of source "${definition.id}" for one run.`,
    digest: createHash('sha256')
      .update(candidates.map((one) => one.hash).join('\n'))
      .digest('hex'),
    candidates: candidates.length,
    live,
    sample: candidates.slice(0, SAMPLE).map((one) => (one.title ?? one.docId).slice(0, 100)),
  };
}

/** Row to `deleting`, content, sidecar, row to `deleted`: at every moment something is left that says what to finish. */
async function remove(
  step: readonly Candidate[],
  { tenant, source, runId, listingComplete }: ReconcileDocumentsInput,
  definition: SourceDefinition,
  { db, objects }: CollectionDependencies,
): Promise<number> {
  const signal = cancellationSignal();
  const hashes = step.map((one) => one.hash);
  const marked = await markDeleting(db, { tenant, source, run: runId, hashes, listingComplete });
  const going = step.filter((one) => marked.has(one.hash));
  for (const [bucket, keys] of keysByBucket(going)) {
    await removeAll({ objects, bucket, keys, signal });
    await removeAll({ objects, bucket, keys: keys.map(sidecarKey), signal });
  }
  await recordDeletions(db, {
    tenant,
    source,
    run: runId,
    deleted: going,
    target: definition.knowledgeBase,
  });
  return going.length;
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
  signal,
}: {
  readonly objects: CollectionDependencies['objects'];
  readonly bucket: string;
  readonly keys: readonly string[];
  readonly signal: AbortSignal;
}): Promise<void> {
  const errors = await objects.removeMany({ bucket, keys, signal });
  const [first] = errors;
  if (!first) return;
  const what = `${errors.length} of ${keys.length} objects in bucket "${bucket}" were not deleted, the first one being "${first.key}"`;
  throw failure(first.failure, `${what}: ${first.message} The next attempt goes on with them.`);
}

async function removeStaleObjects(
  { tenant, source }: ReconcileDocumentsInput,
  { knowledgeBase }: SourceDefinition,
  { db, objects }: CollectionDependencies,
): Promise<void> {
  const signal = cancellationSignal();
  const stale = await findStaleObjects(db, { tenant, source });
  for (const [bucket, keys] of keysByBucket(stale)) {
    await removeAll({ objects, bucket, keys, signal });
    await removeAll({ objects, bucket, keys: keys.map(sidecarKey), signal });
  }
  await forgetStaleObjects(db, { tenant, source, target: knowledgeBase });
}
