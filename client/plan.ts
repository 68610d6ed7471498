import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../adapters/postgres/database.ts';
import { definitionsInForce, revisionInForce } from '../adapters/postgres/revisions.ts';
import { planFor } from '../adapters/temporal/reconcile.ts';
import {
  scheduleDifferences,
  type ScheduleDifference,
} from '../adapters/temporal/schedule-differences.ts';
import type { Schedules } from '../adapters/temporal/schedules.ts';
import type { Revision, SourceDefinition } from '../workflows/collection/definitions.ts';
import type { ScheduleAction } from '../workflows/collection/schedule-plan.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { definitionChanges, type DefinitionChange } from './definition-changes.ts';

/** What applying would do: to the definitions in force, and to Temporal's schedules. */
export interface Plan {
  /** What is in force now. */
  readonly revision: Revision | undefined;
  readonly changes: readonly DefinitionChange[];
  readonly schedules: readonly PlannedSchedule[];
  /** Schedules that a person paused; applying leaves them so. */
  readonly pausedByPeople: readonly string[];
  /** Why nothing may be done without --force. */
  readonly refused?: string;
}

/** One write to a schedule. */
export interface PlannedSchedule {
  readonly action: ScheduleAction['kind'];
  readonly id: string;
  /** Of a pause or its end. */
  readonly note?: string;
  /** What an update overwrites, also what was changed by hand. */
  readonly differences: readonly ScheduleDifference[];
}

export interface PlanInput {
  readonly db: Database;
  readonly schedules: Schedules;
  readonly definitions: readonly SourceDefinition[];
  readonly force: boolean;
}

/** Compares; writes nothing. */
export async function makePlan({ db, schedules, definitions, force }: PlanInput): Promise<Plan> {
  const [revision, inForce] = [await revisionInForce(db), await definitionsInForce(db)];
  const planned = await planFor(definitions, listing(schedules), { now: new Date(), force });
  const described = planned.actions.map((action) => describeAction(action, schedules));
  return {
    revision,
    changes: definitionChanges(inForce, definitions),
    schedules: await Promise.all(described),
    pausedByPeople: planned.pausedByPeople,
    ...(planned.refused === undefined ? {} : { refused: planned.refused }),
  };
}

/** A namespace that does not know our search attributes yet has no schedule of ours; applying adds them. */
function listing(schedules: Schedules): Pick<Schedules, 'list'> {
  return {
    list: async () => {
      try {
        return await schedules.list();
      } catch (error) {
        if (isUnknownAttribute(error)) return [];
        throw error;
      }
    },
  };
}

function isUnknownAttribute(error: unknown): boolean {
  return (
    error instanceof ApplicationFailure &&
    error.type === 'InvalidConfig' &&
    error.message.includes(`invalid search attribute: ${SEARCH_ATTRIBUTES.configHash.name}`)
  );
}

/** Only an update needs to know what is there. */
async function describeAction(
  action: ScheduleAction,
  schedules: Schedules,
): Promise<PlannedSchedule> {
  const { kind, id } = action;
  const note = kind === 'pause' || kind === 'unpause' ? { note: action.note } : {};
  if (kind !== 'update') return { action: kind, id, ...note, differences: [] };
  const facts = await schedules.describe(id);
  const differences = facts ? scheduleDifferences(facts.owned, action.schedule) : [];
  return { action: kind, id, differences };
}
