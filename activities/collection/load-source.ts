import { definitionOf } from '../../adapters/postgres/revisions.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { takeRunRequest, type RunRequest } from '../../adapters/postgres/run-requests.ts';
import { isNominalTime } from '../../adapters/temporal/nominal-time.ts';
import { scheduleOf } from '../../adapters/temporal/reconcile.ts';
import { openRun } from '../../adapters/postgres/runs.ts';
import type { LoadedSource, LoadSourceInput } from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { failure } from '../../workflows/failures.ts';
import type { CollectionDependencies } from './dependencies.ts';

type RunTrigger = 'schedule' | 'manual' | RunRequest;

/** All attempts of a slice may take half as long again as one attempt, but must end before the next run is due. */
const TOTAL_FACTOR = 1.5;
const SHARE_OF_PERIOD = 0.8;
const MIN_TOTAL_MS = 60_000;
/** A slice with progress or a wait is followed by another one; beyond this many the next run goes on from the cursor. */
const MAX_SLICES = 1000;

/** Reads what is in force for the source and opens the run's row. @throws NotFound, InvalidConfig */
export async function loadSource(
  { runId, temporalRunId, tenant, source, trigger, startedAtMs, nominalAtMs }: LoadSourceInput,
  { db, sourceTypes, tuning }: CollectionDependencies,
): Promise<LoadedSource> {
  const found = await definitionOf(db, source);
  if (!found)
    throw failure(
      'NotFound',
      `No source "${source}" is in force. Add it to the definitions and run "npm run cli -- apply".`,
    );
  const { definition, digest } = found;
  if (!definition.enabled && trigger === 'schedule')
    return { enabled: false, because: 'The definition says enabled: false.' };
  const type = sourceTypes.get(definition.type);
  const nominalAt = new Date(nominalAtMs);
  const wanted = { definition, nominalAt, readsAgain: type?.readsAgain ?? false };
  // The row first: what is wrong with the type is what became of this run.
  await db.transaction().execute(async (tx) =>
    openRun(tx, {
      id: runId,
      temporalRunId,
      tenant,
      source,
      digest,
      trigger: trigger === 'schedule' ? await triggerOf(tx, wanted) : trigger,
      startedAt: new Date(startedAtMs),
      nominalAt,
    }),
  );
  if (!type) {
    const known = [...sourceTypes.keys()].join(', ');
    throw failure(
      'InvalidConfig',
      `Source "${source}" has the unknown type "${definition.type}". This worker knows ${known}.`,
    );
  }
  const { id, knowledgeBaseId, dataSourceId, sync } = definition.knowledgeBase;
  return {
    enabled: true,
    title: definition.title,
    type: definition.type,
    digest,
    taskQueue: type.spec.queue,
    knowledgeBase: { id, knowledgeBaseId, dataSourceId, ...sync },
    bounds: { ...timeBounds(definition), heartbeatMs: tuning.heartbeatMs, maxSlices: MAX_SLICES },
  };
}

interface Triggered {
  readonly definition: SourceDefinition;
  readonly nominalAt: Date;
  readonly readsAgain: boolean;
}

/**
 * The schedule starts every run; what it started at none of its own times was triggered by a person, who may have asked for something else
 * than everything.
 */
async function triggerOf(
  db: Database,
  { definition, nominalAt, readsAgain }: Triggered,
): Promise<RunTrigger> {
  if (isNominalTime(scheduleOf(definition), nominalAt)) return 'schedule';
  const { tenant, id: source } = definition;
  const request = await takeRunRequest(db, { tenant, source });
  return request !== undefined && readsAgain ? request : 'manual';
}

function timeBounds({ limits, schedule }: SourceDefinition): {
  attemptMs: number;
  totalMs: number;
} {
  const beforeNext = Math.max(MIN_TOTAL_MS, schedule.periodMs * SHARE_OF_PERIOD);
  const totalMs = Math.round(Math.min(limits.timeoutMs * TOTAL_FACTOR, beforeNext));
  return { attemptMs: Math.min(limits.timeoutMs, totalMs), totalMs };
}
