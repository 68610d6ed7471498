import { endRun, readRunCounts } from '../../adapters/postgres/runs.ts';
import type { FinishRunInput } from '../../workflows/collection/activities.ts';
import type { CollectionDependencies } from './dependencies.ts';

/** Writes the end of the run, once; the metrics are emitted with it, so that a repeated call counts nothing twice. */
export async function finishRun(
  input: FinishRunInput,
  { db, metrics }: CollectionDependencies,
): Promise<void> {
  const { runId, temporalRunId, verdict, held, tenant, source, startedAtMs } = input;
  const ended = await endRun(db, { id: runId, temporalRunId, verdict, ...(held ? { held } : {}) });
  if (!ended) return;
  const { status } = verdict;
  const counts = await readRunCounts(db, runId);
  const fresh = status === 'succeeded' || status === 'partial';
  metrics.runEnded({ tenant, source, status, counts, durationMs: Date.now() - startedAtMs, fresh });
}
