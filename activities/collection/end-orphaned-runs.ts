import { endRun, readSilentRuns } from '../../adapters/postgres/runs.ts';
import type { CollectionDependencies } from './dependencies.ts';

/** A healthy run writes its row with each batch; a slow page or a long wait may take this long. */
const SILENT_MS = 300_000;

/**
 * Ends the rows of runs whose workflow is closed: it was terminated, or its time was over, and then no code of its own runs any more.
 * Without this they would say "running" for ever. Returns how many.
 */
export async function endOrphanedRuns({
  db,
  isWorkflowOpen,
}: Pick<CollectionDependencies, 'db' | 'isWorkflowOpen'>): Promise<number> {
  let ended = 0;
  for (const { id, temporalRunId } of await readSilentRuns(db, SILENT_MS)) {
    if (await isWorkflowOpen(id, temporalRunId)) continue;
    const because =
      'The workflow was ended from outside, by hand or by its time-out. The next run goes on where it stopped.';
    const verdict = { status: 'failed', because, failure: 'Unavailable' } as const;
    if (await endRun(db, { id, temporalRunId, verdict })) ended += 1;
  }
  return ended;
}
