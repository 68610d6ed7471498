import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import {
  openIncidentsOf,
  readIncidents,
  type Incident,
} from '../../adapters/postgres/incidents.ts';
import { readRunSummary } from '../../adapters/postgres/run-summaries.ts';
import type { FinishRunInput } from '../../workflows/collection/activities.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import type { CollectionDependencies } from './dependencies.ts';

type Dependencies = Pick<CollectionDependencies, 'db' | 'repairs'>;

/** The end of a run must not wait for a Temporal that is slow. */
const WITHIN_MS = 4000;

/**
 * After a run has ended: starts the repair of what it met, and tells the repair of its source how it ended. Where Temporal does not answer
 * nothing is lost: `wakeRepairs` makes up for it. Idempotent.
 */
export async function wakeRepairOf(
  { tenant, source, runId, verdict }: FinishRunInput,
  deps: Dependencies,
): Promise<void> {
  const open = await openIncidentsOf(deps.db, { tenant, source });
  if (open.length === 0) return;
  const { status, failure } = verdict;
  const summary = await readRunSummary(deps.db, runId);
  const ended = {
    run: runId,
    status,
    ...(failure === undefined ? {} : { failure }),
    ...(summary?.specDigest ? { specDigest: summary.specDigest } : {}),
  };
  await quietly(source, async () => {
    for (const incident of open.filter(({ run }) => run === runId))
      await deps.repairs.report(incident);
    await deps.repairs.runFinished({ tenant, source }, ended);
  });
}

/** So many are woken at one look; the rest at the next. */
const AT_ONCE = 500;

/** Starts a repair for every open incident that has none: its signal was lost. Returns how many were started. */
export async function wakeRepairs(deps: Dependencies): Promise<number> {
  const open = await readIncidents(deps.db, { state: 'open', limit: AT_ONCE });
  if (open.length === 0) return 0;
  const running = await deps.repairs.running();
  const lost = open.filter(({ tenant, source }) => !running.has(repairWorkflowId(tenant, source)));
  for (const incident of lost.toReversed()) await report(incident, deps);
  return lost.length;
}

function report(incident: Incident, { repairs }: Dependencies): Promise<void> {
  return quietly(incident.source, () => repairs.report(incident));
}

async function quietly(source: string, work: () => Promise<void>): Promise<void> {
  const bell = new AbortController();
  const late = sleep(WITHIN_MS, undefined, { signal: bell.signal }).then(() => {
    throw new Error(`Temporal did not answer within ${WITHIN_MS / 1000} seconds.`);
  });
  // Stopped, it rejects after the race is over.
  late.catch(() => undefined);
  try {
    await Promise.race([work(), late]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('the repair of a source was not woken', { source, reason });
  } finally {
    bell.abort();
  }
}
