import { Cron } from 'croner';
import type { ScheduleDefinition } from '../../workflows/collection/definitions.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { nearest } from './nearest.ts';

export interface ReadSchedule {
  readonly schedule: ScheduleDefinition;
  /** Surprises that stop nothing, as `what` and `remedy` of a finding. */
  readonly notices: readonly { readonly what: string; readonly remedy: string }[];
}

/** What is wrong with a schedule or its time zone, and what to write instead. */
export interface WrongSchedule {
  readonly key: 'schedule' | 'timezone';
  readonly remedy: string;
}

/** When a source runs, if its definition does not say. */
export const DEFAULT_SCHEDULE = '0 */6 * * *';

/**
 * Reads `0 2 * * 1-5` (five fields, as cron and Temporal understand them both), `every 6 hours`, `@every 6h`, `hourly`, `@daily`.
 * Depends on nothing but its arguments, so that the digest of a definition is the same everywhere and always.
 */
export function readSchedule(text: string, timezone: string): ReadSchedule | WrongSchedule {
  if (!isTimezone(timezone)) return wrongTimezone(timezone);
  const cleaned = text.trim().replaceAll(/\s+/g, ' ');
  const everyMs = intervalOf(cleaned);
  if (everyMs !== undefined) return interval(cleaned, everyMs, timezone);
  return cron(cleaned, NICKNAMES.get(cleaned.toLowerCase().replace(/^@/, '')) ?? cleaned, timezone);
}

const MIN_INTERVAL_MS = 10_000;
const MAX_INTERVAL_MS = 366 * 24 * 3_600_000;

function intervalOf(text: string): number | undefined {
  const rest = /^@?every (.+)$/i.exec(text)?.[1];
  return rest === undefined ? undefined : (parseDuration(rest) ?? parseDuration(`1 ${rest}`));
}

function interval(text: string, everyMs: number, timezone: string): ReadSchedule | WrongSchedule {
  if (everyMs < MIN_INTERVAL_MS || everyMs > MAX_INTERVAL_MS || everyMs % 1000 !== 0) {
    return {
      key: 'schedule',
      remedy: 'Use whole seconds, from "every 10 seconds" to "every 366 days".',
    };
  }
  return { schedule: { text, spec: { everyMs }, timezone, periodMs: everyMs }, notices: [] };
}

function cron(text: string, line: string, timezone: string): ReadSchedule | WrongSchedule {
  if (!isCronLine(line)) return { key: 'schedule', remedy: hint(text) };
  const pattern = parseCron(line);
  if (typeof pattern === 'string') return { key: 'schedule', remedy: pattern };
  const times = pattern.nextRuns(LOOK_AHEAD, FIRST_DAY);
  const [first, second] = times;
  if (!first || !second) {
    return {
      key: 'schedule',
      remedy: 'That time never comes. Use a cron line such as "0 6 * * 2".',
    };
  }
  const periodMs = shortestGap(times);
  const notices = [...dstNotice(times, periodMs, timezone), ...bothDaysNotice(line)];
  return { schedule: { text, spec: { cron: line }, timezone, periodMs }, notices };
}

/** Only what cron and Temporal both read: five fields of numbers, lists, ranges, steps, names of months and days. */
function isCronLine(line: string): boolean {
  const names = line.match(/[a-z]+/gi) ?? [];
  return CRON_FIELDS.test(line) && names.every((name) => CRON_NAMES.has(name.toLowerCase()));
}

const CRON_FIELDS = /^[\d*/,a-z-]+(?: [\d*/,a-z-]+){4}$/i;

/** croner alone also knows `L` and `W`, which Temporal refuses. */
const CRON_NAMES = new Set(
  'jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat'.split(' '),
);

/** Enough to see the shortest gap of any cron line that a person writes; fixed, so that the answer never depends on today. */
const LOOK_AHEAD = 100;
const FIRST_DAY = new Date('2024-01-01T00:00:00Z');

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['hourly', '0 * * * *'],
  ['daily', '0 0 * * *'],
  ['midnight', '0 0 * * *'],
  ['weekly', '0 0 * * 0'],
  ['monthly', '0 0 1 * *'],
  ['yearly', '0 0 1 1 *'],
  ['annually', '0 0 1 1 *'],
]);

/** `domAndDow`: Temporal wants both day fields to match, where classic cron takes either. */
function parseCron(line: string): Cron | string {
  try {
    return new Cron(line, { mode: '5-part', timezone: 'UTC', domAndDow: true, paused: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : '';
    return `${reason.replace(/\.$/, '')}. Use a cron line such as "0 6 * * 2".`;
  }
}

function shortestGap(times: readonly Date[]): number {
  const gaps = times.slice(1).map((time, at) => time.getTime() - (times[at]?.getTime() ?? 0));
  return Math.min(...gaps);
}

function dstNotice(
  times: readonly Date[],
  periodMs: number,
  timezone: string,
): ReadSchedule['notices'] {
  const early = times.some((time) => time.getUTCHours() <= 3);
  if (timezone === 'UTC' || !early || periodMs <= 3_600_000) return [];
  return [
    {
      what: `"schedule" has times between 0 and 4 o'clock in the time zone "${timezone}"`,
      remedy:
        'When clocks change, such a time comes twice or not at all. Use UTC, or another hour.',
    },
  ];
}

function bothDaysNotice(line: string): ReadSchedule['notices'] {
  const [, , dayOfMonth = '*', , dayOfWeek = '*'] = line.split(' ');
  if (dayOfMonth === '*' || dayOfWeek === '*') return [];
  return [
    {
      what: `"schedule" is "${line}", with a day of the month and a day of the week`,
      remedy: 'Temporal runs it only when both match, unlike classic cron.',
    },
  ];
}

/** What the person probably meant. */
function hint(text: string): string {
  const lower = text.toLowerCase();
  const day = DAYS.findIndex((name) => new RegExp(`\\b${name.slice(0, 3)}`).test(lower));
  const hour = /\b(?:at )?(\d{1,2})(?::(\d{2}))?\s*(am|pm)?\b/.exec(lower);
  const time = hour ? clock(hour[1], hour[2], hour[3]) : '0 6';
  const example = day >= 0 ? `${time} * * ${day}` : hour ? `${time} * * *` : '0 6 * * 2';
  const count = text.split(' ').length;
  const fields =
    /^[\d*]/.test(text) && count !== 5 ? `A cron line has 5 fields, this has ${count}. ` : '';
  return `${fields}Use a cron line such as "${example}" or an interval such as "every 6 hours".`;
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function clock(
  hour: string | undefined,
  minute: string | undefined,
  half: string | undefined,
): string {
  const base = Number(hour) % (half ? 12 : 24);
  return `${Number(minute ?? 0) % 60} ${half === 'pm' ? base + 12 : base}`;
}

function isTimezone(name: string): boolean {
  if (knownTimezones.has(name)) return true;
  try {
    const known =
      new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
    if (known) knownTimezones.add(name);
    return known;
  } catch {
    return false;
  }
}

/** A look at the tables of time zones takes a millisecond, and a fleet has many schedules in few zones. */
const knownTimezones = new Set<string>();

function wrongTimezone(name: string): WrongSchedule {
  const near = nearest(name, Intl.supportedValuesOf('timeZone'));
  const remedy =
    near === undefined ? 'Use a name such as "UTC" or "Europe/Berlin".' : `Did you mean "${near}"?`;
  return { key: 'timezone', remedy };
}

/** `every 6 hours, UTC` or the cron line, for people. */
export function describeSchedule({ spec, timezone }: ScheduleDefinition): string {
  const when = 'cron' in spec ? `"${spec.cron}"` : `every ${formatDuration(spec.everyMs)}`;
  return `${when} (${timezone})`;
}
