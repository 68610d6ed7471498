import { readSuspended } from '../../adapters/postgres/source-health.ts';
import { revisionInForce } from '../../adapters/postgres/revisions.ts';
import { planFor } from '../../adapters/temporal/reconcile.ts';
import { scheduleDifferences } from '../../adapters/temporal/schedule-differences.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import type { ActualSchedule, ScheduleAction } from '../../workflows/collection/schedule-plan.ts';
import type { Schedules } from '../../adapters/temporal/schedules.ts';
import { command } from './commands.ts';
import type { Examination } from './examine-system.ts';

/** The schedules of Temporal against the revision in force: what a reconciliation would write, and whom people paused. */
export async function examineSchedules(examination: Examination): Promise<void> {
  const { deps, definitions, input, findings, looked } = examination;
  if (!(await revisionInForce(deps.db))) return;
  const actual = await deps.schedules.list();
  const own = new Set(definitions.map((one) => sourceScheduleId(one.tenant, one.id)));
  const isMeant = ({ id }: { readonly id: string }): boolean =>
    input.source === undefined || own.has(id);
  const looking = actual.filter(isMeant);
  looked.schedules = looking.length;
  const suspended = await readSuspended(deps.db);
  const plan = await planFor(
    definitions,
    { list: async () => looking },
    // A listing of one source is not the whole: nothing is written here anyway.
    { now: new Date(), force: true, suspended },
  );
  for (const action of plan.actions.filter(isMeant)) await report(action, examination, looking);
  for (const one of suspended.filter(({ source }) => !input.source || source === input.source))
    findings.add('source-suspended', {
      what: `Source "${one.source}" was paused by the system since ${one.since.toISOString()}, because of ${one.failure}.`,
      mend: `See ${command(`check ${one.source}`)}, then ${command(`resume ${one.source}`)}.`,
      source: one.source,
    });
  for (const id of plan.pausedByPeople.filter((one) => isMeant({ id: one })))
    findings.add('schedule-paused', {
      what: `Schedule "${id}" was paused by a person: "${noteOf(id, looking)}".`,
      mend: `${command(`resume ${id.replace(/^source:/, '')}`)} lets it run again.`,
    });
}

function noteOf(wanted: string, actual: readonly ActualSchedule[]): string {
  return actual.find(({ id }) => id === wanted)?.note ?? '';
}

async function report(
  action: ScheduleAction,
  { deps, findings }: Examination,
  actual: readonly ActualSchedule[],
): Promise<void> {
  const { id } = action;
  const mend = `${command('apply')} makes it so; a worker does the same within 15 minutes.`;
  const isThere = actual.some((one) => one.id === id);
  if (action.kind === 'create') {
    // The listing lags behind what was written a moment ago.
    if (await deps.schedules.describe(id)) return;
    findings.add('schedule-missing', { what: `Temporal has no schedule "${id}".`, mend });
  } else if (action.kind === 'update') {
    const what = await differing(action, deps.schedules);
    if (what !== undefined) findings.add('schedule-differs', { what, mend });
  } else if (isThere && (action.kind === 'delete' || isRemoval(action))) {
    findings.add('schedule-extra', {
      what: `Temporal has schedule "${id}", which no definition asks for.`,
      mend: `${command('apply')} pauses it, and deletes it a week later.`,
    });
  } else {
    const what = `Schedule "${id}" ${action.kind === 'pause' ? 'runs and should be paused' : 'is paused and should run'}.`;
    findings.add('schedule-differs', { what, mend });
  }
}

function isRemoval(action: ScheduleAction): boolean {
  return action.kind === 'pause' && action.note.startsWith('managed:removed');
}

async function differing(
  { id, schedule }: Extract<ScheduleAction, { kind: 'update' }>,
  schedules: Pick<Schedules, 'describe'>,
): Promise<string | undefined> {
  const facts = await schedules.describe(id);
  if (!facts || facts.hash === schedule.hash) return undefined;
  const fields = scheduleDifferences(facts.owned, schedule);
  const named = fields.map(({ field, from, to }) => `${field} is "${from}" instead of "${to}"`);
  return `Schedule "${id}" differs: ${named.length === 0 ? 'it carries another hash' : named.join(', ')}.`;
}
