import type { Database } from '../../adapters/postgres/database.ts';
import { readIncidents, type Incident } from '../../adapters/postgres/incidents.ts';
import {
  readRepairSwitch,
  setRepairSwitch,
  type RepairSwitch,
} from '../../adapters/postgres/repair-switch.ts';
import { DEFAULT_TENANT } from '../../workflows/collection/ids.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { author } from '../author.ts';
import { wrongUsage } from '../problem.ts';
import { orderKill } from '../repair-orders.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import { clean, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

export interface KillSwitchOptions {
  readonly reason: string | undefined;
  readonly tenant: string | undefined;
}

/** Shows the switch that keeps every fix from being deployed, or turns it. The row counts first; running repairs are parked by a signal. */
export async function killSwitch(context: Context<KillSwitchOptions>): Promise<Answer> {
  const [wanted] = context.positionals;
  const { reason, tenant = DEFAULT_TENANT } = context.options;
  const system = await context.system();
  const db = await system.database();
  if (wanted === undefined) return shown(await readRepairSwitch(db, tenant), tenant);
  if (wanted !== 'on' && wanted !== 'off')
    throw wrongUsage(
      `"${wanted}" is no state of the kill switch: say "on" or "off".`,
      `See "${ourCommand('kill-switch --help')}".`,
    );
  const turn = { on: wanted === 'on', by: author(), reason: reason ?? 'No reason was given.' };
  const { changed, state } = await setRepairSwitch(db, { ...turn, tenant });
  const signalled = await signalAll(system, await openSources(db, tenant), turn);
  return {
    data: { changed, ...state, tenant, signalled },
    text: `${turned(state, { changed, signalled })}${changed && turn.on && reason === undefined ? WITHOUT_REASON : ''}`,
  };
}

const WITHOUT_REASON =
  '\nNo reason was given, and that is what others read; --reason "…" tells them why.';

/** Far above what the caps let run at once; whoever is not told meets the row. */
const MAX_OPEN = 1000;

async function openSources(db: Database, tenant: string): Promise<readonly Incident[]> {
  const open = await readIncidents(db, { tenant, state: 'open', limit: MAX_OPEN });
  return [...new Map(open.map((one) => [one.source, one])).values()];
}

async function signalAll(
  system: System,
  sources: readonly Incident[],
  order: { readonly on: boolean; readonly by: string; readonly reason: string },
): Promise<number> {
  if (sources.length === 0) return 0;
  const temporal = await system.temporal();
  const told = await Promise.all(sources.map((source) => orderKill(temporal, source, order)));
  return told.filter(Boolean).length;
}

function shown(state: RepairSwitch, tenant: string): Answer {
  const { on, by = '', reason = '', at } = state;
  const when = at === undefined ? '' : timeText(Date.parse(at));
  const since = at === undefined ? '' : ` since ${when}, by ${clean(by)}: ${clean(reason)}`;
  const text = on
    ? `The kill switch is on${since}\nNo fix is deployed; rollbacks go on. Let repairs go on: ${ourCommand('kill-switch off')}`
    : `The kill switch is off${since === '' ? ': nobody has ever turned it on.' : since}`;
  return { data: { ...state, tenant }, text };
}

function turned(
  { on, by = '', at }: RepairSwitch,
  { changed, signalled }: { readonly changed: boolean; readonly signalled: number },
): string {
  const told = signalled === 0 ? '' : ` ${plural(signalled, 'running repair')} told.`;
  if (!changed) {
    const when = at === undefined ? '' : ` since ${timeText(Date.parse(at))}, by ${clean(by)}`;
    return `The kill switch was ${on ? 'on' : 'off'} already${when}.${told}`;
  }
  return on
    ? `The kill switch is on: from now on no fix is deployed; rollbacks go on.${told}`
    : `The kill switch is off: repairs go on within minutes.${told}`;
}
