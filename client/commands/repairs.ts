import { readIncidents, type Incident } from '../../adapters/postgres/incidents.ts';
import { openSystemicIncidents } from '../../adapters/postgres/systemic-incidents.ts';
import { quietBreaks } from '../../adapters/postgres/quiet-breaks.ts';
import { readRepairSwitch, type RepairSwitch } from '../../adapters/postgres/repair-switch.ts';
import { DEFAULT_TENANT } from '../../workflows/collection/ids.ts';
import { waitsForPeople } from '../find-incident.ts';
import { quietText } from '../quiet-text.ts';
import { relativeTime } from '../relative-time.ts';
import { releaseStorm } from '../release-storm.ts';
import { metricsAnswer } from '../repair-metrics-text.ts';
import { outcomePaint } from '../repair-text.ts';
import { deliveryOf, isDeployed } from '../repair-view.ts';
import { ourCommand } from '../spoken-commands.ts';
import { table, type Cell } from '../table.ts';
import type { Palette, Terminal } from '../terminal.ts';
import { clean, indented } from '../text.ts';
import type { Answer, Context } from './command.ts';

export interface RepairsOptions {
  readonly limit: number;
  readonly release: string | undefined;
  readonly metrics: boolean;
}

/** What broke and is repaired, then what ended lately; storms, and the kill switch where it is on. */
export async function repairs(context: Context<RepairsOptions>): Promise<Answer> {
  const [source] = context.positionals;
  const { options, terminal } = context;
  const system = await context.system();
  if (options.release !== undefined) return releaseStorm(system, options.release);
  const db = await system.database();
  if (options.metrics) return metricsAnswer(db, new Date());
  const which = source === undefined ? {} : { source };
  const open = await readIncidents(db, { ...which, state: 'open', limit: options.limit });
  const closed = await readIncidents(db, { ...which, state: 'closed', limit: options.limit });
  const storms = await openSystemicIncidents(db);
  const killSwitch = await readRepairSwitch(db, DEFAULT_TENANT);
  const now = new Date();
  const ids = closed.map(({ id }) => id);
  const quiet = await quietBreaks(db, ids, now);
  const text = [
    ...(killSwitch.on ? [terminal.paint.bad(switchText(killSwitch))] : []),
    ...storms.map(({ id, because }) =>
      terminal.paint.warn(
        `${indented(`${id}: ${clean(because)}`, terminal.width, '')}\n  ${ourCommand(`repairs --release ${id}`)}`,
      ),
    ),
    open.length === 0 ? 'Nothing is being repaired.' : openTable(open, terminal, now),
    ...answers(open),
    ...(closed.length > 0 ? [closedTable(closed, terminal, now)] : []),
    ...quietLines(closed, quiet, terminal),
  ].join('\n\n');
  return { data: { open, closed, storms, killSwitch }, text };
}

function switchText({ by = 'somebody', reason = '', at }: RepairSwitch): string {
  return `The kill switch is on${at === undefined ? '' : ` since ${at}`}, by ${clean(by)}: ${clean(reason)} No fix is deployed. "${ourCommand('kill-switch off')}" lets repairs go on.`;
}

function openTable(open: readonly Incident[], { width, paint }: Terminal, now: Date): string {
  const rows = open.map((one): readonly Cell[] => [
    { text: one.id, paint: paint.strong },
    { text: one.stage, paint: waitsForPeople(one) ? paint.warn : paint.name },
    one.failure,
    relativeTime(one.firstFailureAt, now),
    one.because,
  ]);
  return table(
    [
      { title: 'INCIDENT' },
      { title: 'STAGE' },
      { title: 'FAILURE' },
      { title: 'SINCE' },
      { title: 'WHY', shrinkTo: 24, dropBelow: 90 },
    ],
    rows,
    { width, head: paint.faint },
  );
}

/** What fails again while its break is quiet looks as if nobody had noticed. */
function quietLines(
  closed: readonly Incident[],
  quiet: ReadonlyMap<string, Date>,
  { width, paint }: Terminal,
): readonly string[] {
  const lines = closed
    .filter(({ suppressed }) => suppressed > 0)
    .flatMap((one) => {
      const text = quietText(one, quiet.get(one.id));
      return text === undefined ? [] : [paint.warn(indented(`${one.id}: ${text}`, width, ''))];
    });
  return lines.length === 0 ? [] : [lines.join('\n')];
}

function answers(open: readonly Incident[]): readonly string[] {
  const first = open.find(waitsForPeople);
  return first ? [`Somebody is asked: ${ourCommand(`repair show ${first.id}`)}`] : [];
}

/** A fix that was thought good may be taken back long after its incident was closed: said first, for the end may be cut off. */
function outcomeCell(incident: Incident, paint: Palette): Cell {
  const { outcome } = incident;
  const delivery = deliveryOf(incident);
  const isTakenBack = delivery.rolledBack !== undefined && !isDeployed(delivery);
  if (isTakenBack && outcome?.endsWith('rolled-back') === false)
    return { text: `rolled back after ${outcome}`, paint: paint.bad };
  return { text: outcome ?? '', paint: outcomePaint(outcome, paint) };
}

function closedTable(closed: readonly Incident[], { width, paint }: Terminal, now: Date): string {
  const rows = closed.map((one): readonly Cell[] => [
    one.id,
    outcomeCell(one, paint),
    one.failure,
    one.closedAt ? relativeTime(one.closedAt, now) : '',
    one.becauseClosed ?? '',
  ]);
  return table(
    [
      { title: 'ENDED' },
      { title: 'OUTCOME', shrinkTo: 19 },
      { title: 'FAILURE' },
      { title: 'WHEN' },
      { title: 'WHY', shrinkTo: 24, dropBelow: 90 },
    ],
    rows,
    { width, head: paint.faint },
  );
}
