import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '@temporalio/activity';
import {
  markPauseApplied,
  readSuspension,
  type SuspendedSource,
} from '../../adapters/postgres/source-health.ts';
import type { SourceReference } from '../../adapters/postgres/source-state.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { isPauseNote, pauseNote } from '../../workflows/collection/pause-note.ts';
import type { CollectionDependencies } from './dependencies.ts';

type Dependencies = Pick<CollectionDependencies, 'db' | 'schedules'>;

/**
 * Makes the schedule of a source follow its health: paused with a note, or running again after a pause of the system's own. A pause by a person
 * is left alone. Idempotent; when Temporal does not answer, `reconcileSchedules` makes up for it, so that no run fails for this.
 */
export async function followHealth(
  source: SourceReference,
  { wasPaused }: { readonly wasPaused: boolean },
  deps: Dependencies,
): Promise<void> {
  try {
    const suspension = await readSuspension(deps.db, source);
    if (suspension && !suspension.applied) await soon(suspend(suspension, deps));
    else if (!suspension && wasPaused) await soon(release(source, deps));
  } catch (error) {
    log.warn('the schedule could not be made to follow the health of its source', {
      source: source.source,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

/** The end of a run must not wait for a Temporal that is slow: half of what its activity has. */
const WITHIN_MS = 5000;

async function soon(work: Promise<void>): Promise<void> {
  const bell = new AbortController();
  const late = sleep(WITHIN_MS, undefined, { signal: bell.signal }).then(() => {
    throw new Error(`Temporal did not answer within ${WITHIN_MS / 1000} seconds.`);
  });
  // Stopped, it rejects after the race is over.
  late.catch(() => undefined);
  await Promise.race([work, late]).finally(() => bell.abort());
}

async function suspend(
  suspension: SuspendedSource,
  { db, schedules }: Dependencies,
): Promise<void> {
  const { tenant, source } = suspension;
  const id = sourceScheduleId(tenant, source);
  const facts = await schedules.describe(id);
  if (!facts) return;
  // Whoever paused it before wants it so for reasons of their own.
  if (facts.paused && !isPauseNote(facts.note)) return;
  await schedules.pause(id, pauseNote(suspension));
  await markPauseApplied(db, suspension);
}

/** The note of a schedule that runs again because a run of its source succeeded. */
const RECOVERED_NOTE = 'managed:recovered';

async function release({ tenant, source }: SourceReference, { schedules }: Dependencies) {
  const id = sourceScheduleId(tenant, source);
  const facts = await schedules.describe(id);
  if (facts?.paused && isPauseNote(facts.note)) await schedules.unpause(id, RECOVERED_NOTE);
}
