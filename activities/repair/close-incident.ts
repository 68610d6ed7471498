import {
  closeIncident as closeRow,
  endAsRolledBack,
  noteRepair,
  readIncident,
  recordIncidentStage,
} from '../../adapters/postgres/incidents.ts';
import { resetBaseline } from '../../adapters/postgres/good-runs.ts';
import { closeNotices } from '../../adapters/postgres/notices.ts';
import { leaveRepairPlace } from '../../adapters/postgres/repair-places.ts';
import { labelOutcome, type OutcomeObservation } from '../../adapters/postgres/repair-outcomes.ts';
import { failure } from '../../workflows/failures.ts';
import { ASKING_NOTICES } from '../../workflows/notices/notice.ts';
import type {
  ClosedIncident,
  CloseIncidentInput,
  RecordStageInput,
} from '../../workflows/repair/activities.ts';
import type { RepairOutcome, RepairStage } from '../../workflows/repair/outcome.ts';
import { tellOfClosedIncident } from '../collection/tell-of-incident.ts';
import type { RepairDependencies } from './dependencies.ts';

/**
 * Ends an incident, once, labels what the gate decided by what came of it, and ends the notices about it. The first end stays, but for a fix
 * that is taken back after it was thought good: then that is how it ended.
 */
export async function closeIncident(
  input: CloseIncidentInput,
  { db }: RepairDependencies,
): Promise<ClosedIncident> {
  const { tenant, source, incident, outcome, because, byPerson } = input;
  const ended = await closeRow(db, incident, outcome, because.slice(0, 1000));
  if (!ended) throw failure('NotFound', `There is no incident "${incident}" that could be closed.`);
  const isTakenBack = !ended.first && ROLLED_BACK.has(outcome);
  const revised = isTakenBack
    ? await endAsRolledBack(db, incident, because.slice(0, 1000))
    : undefined;
  const closed = { outcome: revised ?? ended.outcome };
  // Whatever stands in the row: what was taken back was decided wrongly.
  const label = LABELS[ROLLED_BACK.has(outcome) ? outcome : closed.outcome];
  if (label) await labelOutcome(db, { incident, ...label });
  // Also where an attempt before this one has ended it and died.
  if (closed.outcome === outcome) await noteRepair(db, incident, { byPerson });
  if (input.rightAsItIs)
    await resetBaseline(db, { tenant, source, by: `incident ${incident}`, because });
  const row = await readIncident(db, incident);
  if (row) await tellOfClosedIncident(db, row);
  await closeNotices(db, {
    tenant,
    source,
    kinds: NEEDS_A_PERSON.has(closed.outcome)
      ? ASKING_NOTICES
      : [...ASKING_NOTICES, 'repair-alert'],
    // A question about deletions of the same source goes on.
    subject: incident,
    because: `incident "${incident}" ended as ${closed.outcome}`,
  });
  return { outcome: closed.outcome };
}

/** While people or runs are waited for, the repair gives its place to another one. */
export async function recordStage(
  { incident, stage }: RecordStageInput,
  { db }: RepairDependencies,
): Promise<void> {
  await recordIncidentStage(db, incident, stage);
  if (RESTING.has(stage)) await leaveRepairPlace(db, incident);
}

const RESTING: ReadonlySet<RepairStage> = new Set<RepairStage>([
  'awaiting-approval',
  'awaiting-guidance',
  'probation',
  'parked',
]);

/** The last alert of these says what a person has to do; a good run ends it. */
const NEEDS_A_PERSON: ReadonlySet<RepairOutcome> = new Set<RepairOutcome>([
  'alerted',
  'auto-deployed-rolled-back',
  'pr-merged-rolled-back',
]);

const ROLLED_BACK: ReadonlySet<RepairOutcome> = new Set<RepairOutcome>([
  'auto-deployed-rolled-back',
  'pr-merged-rolled-back',
]);

type Label = Pick<OutcomeObservation, 'label' | 'rolledBack' | 'by'>;

/** Which observer says what of a decision. An end that says nothing about the fix leaves it pending. */
const LABELS: Readonly<Record<RepairOutcome, Label | undefined>> = {
  'auto-deployed-ok': { label: 'success', rolledBack: false, by: 'probation' },
  'auto-deployed-rolled-back': { label: 'failure', rolledBack: true, by: 'rollback' },
  'pr-merged-unchanged': { label: 'success', rolledBack: false, by: 'probation' },
  // The fix that the gate has judged last is the one that was deployed; the first one was not good enough.
  'pr-merged-edited': { label: 'failure', rolledBack: false, by: 'edit' },
  'pr-merged-rolled-back': { label: 'failure', rolledBack: true, by: 'rollback' },
  'pr-rejected': { label: 'failure', rolledBack: false, by: 'verdict' },
  'pr-expired': { label: 'censored', rolledBack: false, by: 'expiry' },
  alerted: { label: 'censored', rolledBack: false, by: 'alert' },
  'not-reproduced': undefined,
  recovered: { label: 'censored', rolledBack: false, by: 'recovery' },
  suppressed: undefined,
};
