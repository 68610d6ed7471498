import { endRun, readRunTotals } from '../../adapters/postgres/runs.ts';
import type { FinishRunInput } from '../../workflows/collection/activities.ts';
import type { CollectionDependencies } from './dependencies.ts';

/** Writes the end of the run, once; the metrics are emitted with it, so that a repeated call counts nothing twice. */
export async function finishRun(
  input: FinishRunInput,
  { db, metrics }: CollectionDependencies,
): Promise<void> {
  const { runId, temporalRunId, verdict, held, tenant, source, startedAtMs } = input;
  const because = storable(verdict.because);
  const ended = await endRun(db, {
    id: runId,
    temporalRunId,
    verdict: { ...verdict, because },
    ...(held ? { held } : {}),
  });
  if (!ended) return;
  const { status } = verdict;
  const { counts, listingComplete } = await readRunTotals(db, runId);
  const endedWell = status === 'succeeded' || status === 'partial';
  const fresh = endedWell && listingComplete !== false;
  metrics.runEnded({ tenant, source, status, counts, durationMs: Date.now() - startedAtMs, fresh });
}

/** The text of a failure comes from anywhere; PostgreSQL takes neither NUL nor half a character. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
