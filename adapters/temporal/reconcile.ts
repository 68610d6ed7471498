import { createHash } from 'node:crypto';
import type { ReconcileSchedulesReport } from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { desiredSchedule, systemSchedules } from '../../workflows/collection/desired-schedule.ts';
import {
  planSchedules,
  type DesiredSchedule,
  type PlanOptions,
  type SchedulePlan,
} from '../../workflows/collection/schedule-plan.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { pauseNote } from '../../workflows/collection/pause-note.ts';
import { definitionDigest } from '../definitions/digest.ts';
import type { Database } from '../postgres/database.ts';
import { definitionsInForce, revisionInForce } from '../postgres/revisions.ts';
import {
  clearHealth,
  markPauseApplied,
  readSuspended,
  type SuspendedSource,
} from '../postgres/source-health.ts';
import { withHash } from './schedule-options.ts';
import type { ApplyOptions, Schedules } from './schedules.ts';

export interface WantedOptions extends PlanOptions {
  /** Sources that the system paused: they stay so under the definition that failed, and run again under another one. */
  readonly suspended: readonly SuspendedSource[];
}

/** Compares Temporal with these definitions, as they are in force or would be. Writes nothing. */
export async function planFor(
  definitions: readonly SourceDefinition[],
  schedules: Pick<Schedules, 'list'>,
  options: WantedOptions,
): Promise<SchedulePlan> {
  const suspended = bySchedule(options.suspended);
  const wanted = definitions.map((one) => withSuspension(one, suspended));
  const desired = [...wanted, ...systemSchedules()].map(withHash);
  return planSchedules(desired, await schedules.list(), options);
}

/** Makes Temporal's schedules those of the definitions. A refused plan writes nothing. Safe to repeat, and to run twice at once. */
export async function reconcileSchedules(
  definitions: readonly SourceDefinition[],
  schedules: Schedules,
  options: WantedOptions & ApplyOptions,
): Promise<ReconcileSchedulesReport> {
  return reportOf(await planAndApply(definitions, schedules, options));
}

async function planAndApply(
  definitions: readonly SourceDefinition[],
  schedules: Schedules,
  options: WantedOptions & ApplyOptions,
): Promise<SchedulePlan> {
  const plan = await planFor(definitions, schedules, options);
  if (plan.refused === undefined) await schedules.apply(plan.actions, options);
  return plan;
}

/**
 * Makes Temporal's schedules those of the revision in force. Before the first `apply` only the system's own schedules are looked at:
 * an empty database must not wipe what another one wanted. What people did to a pause of the system is noted.
 */
export async function reconcileRevision(
  db: Database,
  schedules: Schedules,
  options: PlanOptions & ApplyOptions,
): Promise<ReconcileSchedulesReport> {
  if (await revisionInForce(db)) {
    const wanted = await definitionsInForce(db);
    // Before the health: a run that ends meanwhile pauses its source, and that pause must not look as if nobody wanted it.
    const listed = await schedules.list();
    const suspended = await readSuspended(db);
    const asListed = { ...schedules, list: () => Promise.resolve(listed) };
    const plan = await planAndApply(wanted, asListed, { ...options, suspended });
    if (plan.refused === undefined) await settlePauses(db, schedules, plan, suspended);
    return reportOf(plan);
  }
  const system = new Set(systemSchedules().map(({ id }) => id));
  const list = async () => (await schedules.list()).filter(({ id }) => system.has(id));
  return reconcileSchedules([], { ...schedules, list }, { ...options, suspended: [] });
}

/** The listing lags behind, so that a pause which seems to be lifted is looked at again. */
async function settlePauses(
  db: Database,
  schedules: Pick<Schedules, 'describe'>,
  { pausedByPeople, resumedByPeople }: SchedulePlan,
  suspended: readonly SuspendedSource[],
): Promise<void> {
  for (const [id, source] of bySchedule(suspended)) {
    const isLifted = resumedByPeople.includes(id);
    if (isLifted && (await schedules.describe(id))?.paused === false) await clearHealth(db, source);
    else if (!source.applied && !pausedByPeople.includes(id)) await markPauseApplied(db, source);
  }
}

function bySchedule(suspended: readonly SuspendedSource[]): ReadonlyMap<string, SuspendedSource> {
  return new Map(suspended.map((one) => [sourceScheduleId(one.tenant, one.source), one]));
}

function withSuspension(
  definition: SourceDefinition,
  suspended: ReadonlyMap<string, SuspendedSource>,
): DesiredSchedule {
  const schedule = scheduleOf(definition);
  const found = suspended.get(schedule.id);
  if (!found || found.digest !== definitionDigest(definition)) return schedule;
  const { applied } = found;
  return { ...schedule, suspended: { note: pauseNote(found), applied } };
}

/** The counts of a plan. */
export function reportOf({ actions, unchanged, refused }: SchedulePlan): ReconcileSchedulesReport {
  const count = (kind: string): number => actions.filter((one) => one.kind === kind).length;
  return {
    created: count('create'),
    updated: count('update'),
    paused: count('pause'),
    unpaused: count('unpause'),
    deleted: count('delete'),
    unchanged: unchanged.length,
    ...(refused === undefined ? {} : { refused }),
  };
}

/** The schedule that a source should have, at its own place within its interval. */
export function scheduleOf(definition: SourceDefinition): DesiredSchedule {
  return desiredSchedule(definition, { place: placeOf(definition) });
}

/** Where in its interval a source runs: the first 48 bits of a hash of its identity, as a number from 0 to below 1. */
function placeOf({ tenant, id }: SourceDefinition): number {
  const hash = createHash('sha256').update(`${tenant}/${id}`).digest();
  return hash.readUIntBE(0, 6) / 2 ** 48;
}
