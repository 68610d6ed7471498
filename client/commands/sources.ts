import type { Database } from '../../adapters/postgres/database.ts';
import { readFleet, type FleetRow } from '../../adapters/postgres/fleet.ts';
import { readFreshness } from '../../adapters/postgres/freshness.ts';
import type { ScheduleFacts, Schedules } from '../../adapters/temporal/schedules.ts';
import { spanText } from '../../workflows/approval/words.ts';
import { fleetFreshness, type FreshnessState } from '../../workflows/collection/freshness.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { isPauseNote } from '../../workflows/collection/pause-note.ts';
import { DISABLED_NOTE } from '../../workflows/collection/schedule-plan.ts';
import { FAILURES, isFailureName } from '../../workflows/failures.ts';
import { relativeTime } from '../relative-time.ts';
import { statusLook } from '../run-text.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import { table, type Cell } from '../table.ts';
import type { Palette, Terminal } from '../terminal.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Every source in force: how fresh it is, its last and next run, its totals, and what is wrong with it. */
export async function sources(context: Context<{ readonly stale: boolean }>): Promise<Answer> {
  const system = await context.system();
  const { terminal, options } = context;
  const now = new Date();
  const fleet = await readStates(await system.database(), now);
  if (fleet.length === 0) {
    return {
      data: [],
      text: `No source is in force. "${ourCommand('init')}" writes a file for them, "${ourCommand('apply')}" puts it in force.`,
    };
  }
  const wanted = options.stale ? fleet.filter(({ freshness }) => freshness === 'late') : fleet;
  const share = shareText(fleet);
  if (wanted.length === 0) return { data: [], text: terminal.paint.good(share) };
  const facts = await readSchedules(wanted, system, terminal);
  const states = wanted.map((row) => stateOf(row, facts.get(row.source)));
  return { data: states, text: `${fleetText(states, terminal, now)} ${share}` };
}

interface FreshRow extends FleetRow {
  /** `paused` by a person. Disabled and paused ones are not counted. */
  readonly freshness: FreshnessState;
  readonly ageMs: number;
  /** Period plus grace. */
  readonly allowedMs: number;
}

interface SourceState extends FreshRow {
  readonly paused: boolean;
  readonly pauseNote: string;
  /** Null while it is paused, or when Temporal does not tell. */
  readonly nextRunAt: Date | null;
}

const CONCURRENCY = 16;

async function readStates(db: Database, now: Date): Promise<readonly FreshRow[]> {
  const freshness = new Map(
    (await readFreshness(db, now)).map((row) => [`${row.tenant}/${row.source}`, row]),
  );
  return (await readFleet(db)).flatMap((row) => {
    const fresh = freshness.get(`${row.tenant}/${row.source}`);
    // Applied between the two statements.
    if (!fresh) return [];
    return [{ ...row, freshness: fresh.state, ageMs: fresh.ageMs, allowedMs: fresh.allowedMs }];
  });
}

function shareText(fleet: readonly FreshRow[]): string {
  const { counted, late } = fleetFreshness(fleet.map(({ freshness }) => freshness));
  if (late === 0) return 'No source is late.';
  return `${late} of ${counted} are late: "${ourCommand('sources --stale')}".`;
}

/** The rest is worth showing without Temporal, too. */
async function readSchedules(
  fleet: readonly FreshRow[],
  system: System,
  terminal: Terminal,
): Promise<ReadonlyMap<string, ScheduleFacts>> {
  const waiting = [...fleet];
  const found = new Map<string, ScheduleFacts>();
  const worker = async (schedules: Schedules): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      const facts = await schedules.describe(sourceScheduleId(row.tenant, row.source));
      if (facts) found.set(row.source, facts);
    }
  };
  try {
    const schedules = await system.schedules();
    await Promise.all(Array.from({ length: CONCURRENCY }, () => worker(schedules)));
  } catch (error) {
    terminal.notice(
      `Next runs are not known: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return found;
}

function stateOf(row: FreshRow, facts: ScheduleFacts | undefined): SourceState {
  const paused = facts?.paused ?? false;
  return {
    ...row,
    paused,
    pauseNote: facts?.note ?? '',
    nextRunAt: paused ? null : (facts?.nextRuns[0] ?? null),
  };
}

function fleetText(states: readonly SourceState[], { paint, width }: Terminal, now: Date): string {
  const columns = [
    { title: 'SOURCE' },
    { title: 'TYPE' },
    { title: 'DOCUMENTS', align: 'right' as const },
    { title: 'COLLECTED' },
    { title: 'LAST RUN' },
    { title: 'NEXT RUN', shrinkTo: 10 },
    { title: 'AGE / ALLOWED', dropBelow: 90 },
  ];
  const rows = states.map((state) => cells(state, paint, now));
  const notes = states.flatMap((state) => problems(state, { paint, width }, now));
  const total = states.reduce((sum, { live }) => sum + live, 0);
  return [
    table(columns, rows, { width, head: paint.faint }),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    `${plural(states.length, 'source')}, ${plural(total, 'document')}.`,
  ].join('\n');
}

function cells(state: SourceState, paint: Palette, now: Date): readonly Cell[] {
  const { source, type, live, lastStatus, nextRunAt, paused } = state;
  const look = statusLook(lastStatus, paint);
  const next = paused ? 'paused' : nextRunAt ? relativeTime(nextRunAt, now) : 'unknown';
  return [
    { text: source, paint: paint.strong },
    type,
    live.toLocaleString('en'),
    { text: collected(state, now), paint: state.freshness === 'fresh' ? paint.good : paint.warn },
    { text: lastStatus === null ? 'none' : `${look.sign} ${lastStatus}`, paint: look.paint },
    { text: next, paint: paused ? paint.warn : paint.strong },
    ageText(state),
  ];
}

function collected({ freshness, lastSuccessAt }: SourceState, now: Date): string {
  if (!lastSuccessAt)
    return freshness === 'disabled' ? 'disabled' : `never${freshness === 'late' ? ', late' : ''}`;
  return `${relativeTime(lastSuccessAt, now)}${freshness === 'late' ? ', late' : ''}`;
}

function ageText({ freshness, ageMs, allowedMs }: SourceState): string {
  return freshness === 'disabled' ? '' : `${spanText(ageMs)} / ${spanText(allowedMs)}`;
}

function problems(
  state: SourceState,
  { paint, width }: Pick<Terminal, 'paint' | 'width'>,
  now: Date,
): readonly string[] {
  const { source, lastFailure, lastMessage, lastFinishedAt, lastStatus, suspended, deadLetters } =
    state;
  const when = lastFinishedAt ? ` ${relativeTime(lastFinishedAt, now)}` : '';
  const remedy = isFailureName(lastFailure) ? ` ${FAILURES[lastFailure].remedy}` : '';
  const reason = lastFailure ?? lastStatus ?? '';
  const sentences = [
    // The pause says it already.
    ...(lastMessage && !(suspended && suspended.failure === lastFailure)
      ? [`${reason}${when}: ${clean(lastMessage)}${remedy}`]
      : []),
    ...pauseSentences(state, now),
    ...(deadLetters > 0
      ? [
          `${plural(deadLetters, 'document')} could not be collected; see "${ourCommand(`dead-letters ${source}`)}".`,
        ]
      : []),
  ];
  return sentences.map((text) => indented(text, width, '  ', `${paint.strong(source)}  `));
}

function pauseSentences(
  { source, paused, pauseNote, suspended }: SourceState,
  now: Date,
): readonly string[] {
  const isPersons = paused && pauseNote !== DISABLED_NOTE && !isPauseNote(pauseNote);
  return [
    ...(isPersons ? [`paused: ${clean(pauseNote) || 'no reason given'}`] : []),
    ...(suspended ? [suspensionText(source, suspended, now)] : []),
  ];
}

function suspensionText(
  source: string,
  { failure, reason, since }: NonNullable<FleetRow['suspended']>,
  now: Date,
): string {
  const remedy = isFailureName(failure) ? ` ${FAILURES[failure].remedy}` : '';
  const when = relativeTime(new Date(since), now);
  return `paused by ${failure} ${when}: ${clean(reason)}${remedy} To let it run again: "${ourCommand(`resume ${source}`)}".`;
}
