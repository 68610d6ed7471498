import type { Database } from '../../adapters/postgres/database.ts';
import {
  findCandidates,
  findStaleObjects,
  forgetStaleObjects,
  forgetFormerTargets,
  markDeleting,
  type Candidate,
  type Candidates,
} from '../../adapters/postgres/removals.ts';
import { noteOnRun } from '../../adapters/postgres/good-runs.ts';
import { openIncidentsOf } from '../../adapters/postgres/incidents.ts';
import { readRunCounts, setRunPhase } from '../../adapters/postgres/runs.ts';
import { definitionByDigest } from '../../adapters/postgres/revisions.ts';
import type {
  ReconcileDocumentsInput,
  ReconcileReport,
} from '../../workflows/collection/activities.ts';
import { NO_COUNTS, type RunCounts } from '../../workflows/collection/counts.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import { isRepairable } from '../../workflows/repair/incident.ts';
import { withHeartbeat } from '../heartbeat.ts';
import {
  claimOf,
  DELETION_STEP,
  deleteDocuments,
  removeDocumentObjects,
} from './delete-documents.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { judgeDeletions, type Judged } from './hold-deletions.ts';
import { judgeRunDocuments, type JudgedDocuments } from './judge-documents.ts';

/** Judges the run's documents as a whole, then deletes what the source no longer has, within the guard. Running it again finishes what a crash left half done. */
export async function reconcileDocuments(
  input: ReconcileDocumentsInput,
  deps: CollectionDependencies,
): Promise<ReconcileReport> {
  const { db } = deps;
  const definition = await definitionByDigest(db, input.digest);
  if (!definition)
    throw failure(
      'NotFound',
      `No definition has the digest "${input.digest}". Run "npm run cli -- apply" again.`,
    );
  await setRunPhase(db, { id: input.runId, phase: 'removing what the source no longer has' });
  const progress = { deleted: 0 };
  return withHeartbeat(
    () => ({ phase: 'removing', ...progress }),
    async () => {
      const documents = await judgeRunDocuments(input, definition, deps);
      if (!documents.mayDelete)
        return { counts: await deletedByRun(db, input.runId), ...documents.report };
      if (input.listingComplete) await removeStaleObjects(input, definition, deps);
      const { candidates, live, added } = await findCandidates(db, input, input.listingComplete);
      // What was begun was allowed then, and is finished; the guard judges the rest.
      const interrupted = candidates.filter((one) => one.interrupted);
      const fresh = candidates.filter((one) => !one.interrupted);
      const found = { candidates: fresh, live: live - interrupted.length, added };
      const { allowed, report } =
        (await waitForRepair(found, input, deps)) ??
        (await judgeDeletions(found, input, definition, deps));
      const going = [...interrupted, ...allowed];
      for (let at = 0; at < going.length; at += DELETION_STEP) {
        const step = going.slice(at, at + DELETION_STEP);
        progress.deleted += await remove(step, input, definition, deps);
      }
      if (input.listingComplete && allowed.length === fresh.length)
        await forgetFormerTargets(db, input);
      return { counts: await deletedByRun(db, input.runId), ...together(documents.report, report) };
    },
  );
}

/**
 * While a repair of the source is under way nothing is deleted that was not begun, for what is missing may be what is broken. Good documents
 * publish, so the run is no worse for it: its notes say what waits, and the first run after the incident deletes it.
 */
async function waitForRepair(
  { candidates }: Candidates,
  { tenant, source, runId }: ReconcileDocumentsInput,
  { db }: CollectionDependencies,
): Promise<Judged | undefined> {
  const open = await openIncidentsOf(db, { tenant, source });
  const repair = open.find(({ heals, failure: name }) => heals && isRepairable(name));
  if (!repair) return undefined;
  if (candidates.length > 0) {
    const many = `${candidates.length} ${candidates.length === 1 ? 'deletion waits' : 'deletions wait'}`;
    await noteOnRun(db, runId, `${many} for the end of incident "${repair.id}".`);
  }
  return { allowed: [], report: {} };
}

/** A held deletion is the run's; what was rejected is told of both. */
function together(
  documents: JudgedDocuments['report'],
  deletions: Judged['report'],
): Omit<ReconcileReport, 'counts'> {
  const kept = [documents.kept, deletions.kept].filter((one) => one !== undefined).join('; ');
  return { ...documents, ...deletions, ...(kept === '' ? {} : { kept }) };
}

/** Of all attempts of this run: one that died after its work must not leave a report of nothing. */
async function deletedByRun(db: Database, runId: string): Promise<RunCounts> {
  const { deleted = 0 } = await readRunCounts(db, runId);
  return { ...NO_COUNTS, deleted };
}

function remove(
  step: readonly Candidate[],
  { tenant, source, runId: run, listingComplete }: ReconcileDocumentsInput,
  { knowledgeBase: target }: SourceDefinition,
  deps: CollectionDependencies,
): Promise<number> {
  const hashes = step.map((one) => one.hash);
  const mark = async (): Promise<readonly Candidate[]> => {
    const marked = await markDeleting(deps.db, { tenant, source, run, hashes, listingComplete });
    return step.filter((one) => marked.has(one.hash));
  };
  const deletion = { tenant, source, run, lastRun: run, counted: true, target, mark };
  return deleteDocuments(deletion, deps);
}

async function removeStaleObjects(
  { tenant, source, runId }: ReconcileDocumentsInput,
  { knowledgeBase }: SourceDefinition,
  { db, objects }: CollectionDependencies,
): Promise<void> {
  const stale = await findStaleObjects(db, { tenant, source, run: runId });
  const checkClaim = claimOf({ tenant, source, lastRun: runId }, db);
  await removeDocumentObjects(stale, { objects, checkClaim });
  await forgetStaleObjects(db, { tenant, source, target: knowledgeBase });
}
