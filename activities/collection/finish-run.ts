import { endRun, readRunTotals, type RunTotals } from '../../adapters/postgres/runs.ts';
import { updateHealth } from '../../adapters/postgres/source-health.ts';
import type { FinishRunInput } from '../../workflows/collection/activities.ts';
import { healthAfter, type EndedRunFacts } from '../../workflows/collection/run-health.ts';
import { wakeTellers } from '../notices/tell.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { followHealth } from './follow-health.ts';
import { reportBreaks } from './report-breaks.ts';
import { tellOfRun } from './tell-of-run.ts';
import { wakeRepairOf } from './wake-repairs.ts';

/**
 * Writes the end of the run, once, and applies the effect of its failure: the health of the source and what people should know are written
 * with it, then the schedule follows. Called again it only makes up for what a crash left undone; the metrics count nothing twice.
 */
export async function finishRun(
  input: FinishRunInput,
  deps: CollectionDependencies,
): Promise<void> {
  const { tenant, source, startedAtMs, verdict } = input;
  const because = storable(verdict.because);
  const end = { ...input, verdict: { ...verdict, because } };
  const totals = await readRunTotals(deps.db, input.runId);
  const ended = await endAndJudge(end, totals, deps);
  await followHealth({ tenant, source }, { wasPaused: ended?.wasPaused ?? false }, deps);
  await wakeTellers(deps);
  if (isWhole(totals)) await wakeRepairOf(end, deps);
  if (!ended) return;
  const { status } = verdict;
  const { counts, listingComplete } = totals;
  const endedWell = status === 'succeeded' || status === 'partial';
  const fresh = endedWell && listingComplete !== false;
  const durationMs = Date.now() - startedAtMs;
  deps.metrics.runEnded({ tenant, source, status, counts, durationMs, fresh });
}

/** In one transaction, so that each run counts once for the health of its source. Undefined when it had ended already. */
async function endAndJudge(
  end: FinishRunInput,
  { counts, listingComplete, digest, trigger }: RunTotals,
  { db }: Pick<CollectionDependencies, 'db'>,
): Promise<{ readonly wasPaused: boolean } | undefined> {
  const { runId, temporalRunId, verdict, held, platform = false } = end;
  const facts: EndedRunFacts = { verdict, counts, listingComplete, platform };
  return db.transaction().execute(async (tx) => {
    const row = { id: runId, temporalRunId, verdict, ...(held ? { held } : {}) };
    if (!(await endRun(tx, row))) return undefined;
    if (!isWhole({ trigger })) return { wasPaused: false };
    const next = (before: Parameters<typeof healthAfter>[0]) => healthAfter(before, facts);
    const { before, after } = await updateHealth(tx, end, { digest, next });
    // Late, because reports wait for each other until the transaction ends.
    const { told } = await reportBreaks(tx, end, digest);
    await tellOfRun(tx, end, { facts, after, told });
    return { wasPaused: before.pause !== undefined };
  });
}

/** A few documents, or a run on trial, tell nothing about the source. */
function isWhole({ trigger }: Pick<RunTotals, 'trigger'>): boolean {
  return trigger !== 'dead-letters' && trigger !== 'shadow';
}

/** The text of a failure comes from anywhere; PostgreSQL takes neither NUL nor half a character. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
