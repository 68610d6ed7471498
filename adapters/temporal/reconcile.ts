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
import type { Database } from '../postgres/database.ts';
import { definitionsInForce, revisionInForce } from '../postgres/revisions.ts';
import { withHash } from './schedule-options.ts';
import type { ApplyOptions, Schedules } from './schedules.ts';

/** Compares Temporal with these definitions, as they are in force or would be. Writes nothing. */
export async function planFor(
  definitions: readonly SourceDefinition[],
  schedules: Pick<Schedules, 'list'>,
  options: PlanOptions,
): Promise<SchedulePlan> {
  const wanted = definitions.map(scheduleOf);
  const desired = [...wanted, ...systemSchedules()].map(withHash);
  return planSchedules(desired, await schedules.list(), options);
}

/** Makes Temporal's schedules those of the definitions. A refused plan writes nothing. Safe to repeat, and to run twice at once. */
export async function reconcileSchedules(
  definitions: readonly SourceDefinition[],
  schedules: Schedules,
  options: PlanOptions & ApplyOptions,
): Promise<ReconcileSchedulesReport> {
  const plan = await planFor(definitions, schedules, options);
  if (plan.refused === undefined) await schedules.apply(plan.actions, options);
  return reportOf(plan);
}

/**
 * Makes Temporal's schedules those of the revision in force. Before the first `apply` only the system's own schedules are looked at:
 * an empty database must not wipe what another one wanted.
 */
export async function reconcileRevision(
  db: Database,
  schedules: Schedules,
  options: PlanOptions & ApplyOptions,
): Promise<ReconcileSchedulesReport> {
  if (await revisionInForce(db)) {
    return reconcileSchedules(await definitionsInForce(db), schedules, options);
  }
  const system = new Set(systemSchedules().map(({ id }) => id));
  const list = async () => (await schedules.list()).filter(({ id }) => system.has(id));
  return reconcileSchedules([], { ...schedules, list }, options);
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
