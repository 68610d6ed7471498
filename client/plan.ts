import { ApplicationFailure } from '@temporalio/common';
import { canonicalJson } from '../adapters/definitions/digest.ts';
import type { Database } from '../adapters/postgres/database.ts';
import {
  definitionsInForce,
  notificationsInForce,
  repairInForce,
  revisionInForce,
} from '../adapters/postgres/revisions.ts';
import { effectiveDefinitions, type FixNote } from '../adapters/postgres/spec-overlay.ts';
import { readSuspended } from '../adapters/postgres/source-health.ts';
import { planFor } from '../adapters/temporal/reconcile.ts';
import {
  scheduleDifferences,
  type ScheduleDifference,
} from '../adapters/temporal/schedule-differences.ts';
import type { Schedules } from '../adapters/temporal/schedules.ts';
import type { Revision, SourceDefinition } from '../workflows/collection/definitions.ts';
import type { ScheduleAction } from '../workflows/collection/schedule-plan.ts';
import type { WebhookDefinition } from '../workflows/notices/webhook.ts';
import type { RepairDefinition } from '../workflows/repair/policy.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import {
  definitionChanges,
  settingsChanges,
  type DefinitionChange,
  type FieldChange,
} from './definition-changes.ts';

/** What applying would do: to the definitions in force, and to Temporal's schedules. */
export interface Plan {
  /** What is in force now. */
  readonly revision: Revision | undefined;
  readonly changes: readonly DefinitionChange[];
  readonly webhooks: readonly WebhookChange[];
  /** Settings of repairs, for all sources and tenants. */
  readonly repair: readonly FieldChange[];
  readonly schedules: readonly PlannedSchedule[];
  /** Schedules that a person paused; applying leaves them so. */
  readonly pausedByPeople: readonly string[];
  /** Fixes that are deployed and not in the files, or were until now. */
  readonly fixes: readonly FixNote[];
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
  readonly notifications: readonly WebhookDefinition[];
  readonly repair?: RepairDefinition;
  readonly force: boolean;
}

/** Compares; writes nothing. */
export async function makePlan(input: PlanInput): Promise<Plan> {
  const { db, schedules, force } = input;
  const [revision, inForce] = [await revisionInForce(db), await definitionsInForce(db)];
  const { definitions, fixes } = await effectiveDefinitions(db, input.definitions);
  const planned = await planFor(definitions, listing(schedules), {
    now: new Date(),
    force,
    suspended: await readSuspended(db),
  });
  const described = planned.actions.map((action) => describeAction(action, schedules));
  return {
    revision,
    changes: definitionChanges(inForce, definitions),
    webhooks: webhookChanges(await notificationsInForce(db), input.notifications),
    repair: settingsChanges(await repairInForce(db), input.repair ?? { version: 1 }),
    schedules: await Promise.all(described),
    pausedByPeople: planned.pausedByPeople,
    fixes,
    ...(planned.refused === undefined ? {} : { refused: planned.refused }),
  };
}

/** What applying would do to one webhook. */
export interface WebhookChange {
  readonly kind: 'add' | 'change' | 'remove';
  readonly webhook: string;
}

function webhookChanges(
  inForce: readonly WebhookDefinition[],
  wanted: readonly WebhookDefinition[],
): readonly WebhookChange[] {
  const before = new Map(inForce.map((one) => [one.id, canonicalJson(one)]));
  const after = new Map(wanted.map((one) => [one.id, canonicalJson(one)]));
  const ids = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return ids
    .filter((id) => before.get(id) !== after.get(id))
    .map((webhook) => {
      const kept = before.has(webhook) ? 'change' : 'add';
      return { kind: after.has(webhook) ? kept : 'remove', webhook };
    });
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
