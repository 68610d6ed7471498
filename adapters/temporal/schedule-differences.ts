import type { ScheduleDescription } from '@temporalio/client';
import type { DesiredSchedule } from '../../workflows/collection/schedule-plan.ts';
import { canonicalJson } from '../definitions/digest.ts';
import { formatDuration } from '../definitions/duration.ts';

/** One thing that an update will change: as Temporal has it now, also by hand, and as it will be. */
export interface ScheduleDifference {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/** What an update overwrites, field by field, in stable order. */
export function scheduleDifferences(
  actual: OwnedFields,
  schedule: DesiredSchedule,
): readonly ScheduleDifference[] {
  const desired = desiredFields(schedule);
  const names = [...new Set([...Object.keys(actual), ...Object.keys(desired)])];
  return names
    .map((field) => ({ field, from: actual[field] ?? 'none', to: desired[field] ?? 'none' }))
    .filter(({ from, to }) => from !== to);
}

/** What we own of a schedule, as texts for people; equal texts mean equal values. */
export type OwnedFields = Readonly<Record<string, string>>;

/** The fields of what Temporal has. */
export function actualFields({ spec, policies, action }: ScheduleDescription): OwnedFields {
  const [interval] = spec.intervals ?? [];
  const calendars = spec.calendars ?? [];
  return {
    times: interval
      ? intervalText(interval.every, interval.offset)
      : calendars.map(calendarText).join('; '),
    timezone: spec.timezone ?? 'UTC',
    jitter: durationText(spec.jitter ?? 0),
    overlap: String(policies.overlap),
    'catch-up window': durationText(policies.catchupWindow),
    'pause on failure': String(policies.pauseOnFailure),
    workflow: action.workflowType,
    'workflow id': action.workflowId ?? '',
    'task queue': action.taskQueue ?? '',
    input: canonicalJson(action.args ?? []),
    'run timeout': durationText(Number(action.workflowRunTimeout ?? 0)),
    summary: action.staticSummary ?? '',
  };
}

function desiredFields(schedule: DesiredSchedule): OwnedFields {
  const { spec, action } = schedule;
  return {
    times: 'cron' in spec ? cronText(spec.cron) : intervalText(spec.everyMs, spec.offsetMs),
    timezone: schedule.timezone,
    jitter: durationText(schedule.jitterMs),
    overlap: schedule.overlap,
    'catch-up window': durationText(schedule.catchupWindowMs),
    'pause on failure': String(schedule.pauseOnFailure),
    workflow: action.workflowType,
    'workflow id': action.workflowId,
    'task queue': action.taskQueue,
    input: canonicalJson(action.args),
    'run timeout': durationText(action.runTimeoutMs),
    summary: action.summary,
  };
}

function durationText(ms: number): string {
  return ms === 0 ? 'none' : formatDuration(ms);
}

function intervalText(everyMs: number, offsetMs: number): string {
  const offset = offsetMs === 0 ? '' : `, shifted by ${formatDuration(offsetMs)}`;
  return `every ${formatDuration(everyMs)}${offset}`;
}

type Calendar = NonNullable<ScheduleDescription['spec']['calendars']>[number];

/** Temporal turns a cron line into ranges, so both are spelt out as the numbers that match. */
function calendarText({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar): string {
  const values = [minute, hour, dayOfMonth, month, dayOfWeek].map((ranges, at) =>
    ranges.flatMap(({ start, end, step }) =>
      numbers(numberOf(String(start), at), numberOf(String(end), at), step),
    ),
  );
  return fieldsText(values);
}

function cronText(line: string): string {
  return fieldsText(cronValues(line));
}

/** Which minutes, hours, days of the month, months and days of the week a cron line of five fields names; Sunday is 0 or 7. */
export function cronValues(line: string): readonly (readonly number[])[] {
  const fields = line.split(' ');
  return fields.map((field, at) => field.split(',').flatMap((part) => partNumbers(part, at)));
}

function partNumbers(part: string, at: number): readonly number[] {
  const [range = '*', step] = part.split('/');
  const [first = 0, last = 0] = BOUNDS[at] ?? [];
  const [start = '*', end] = range.split('-');
  if (start === '*') return numbers(first, last, Number(step ?? 1));
  const from = numberOf(start, at);
  // `5/10` goes on to the end of the field; a lone `5` does not.
  const to = end === undefined ? (step === undefined ? from : last) : numberOf(end, at);
  return numbers(from, to, Number(step ?? 1));
}

/** Minute, hour, day of month, month, day of week. */
const BOUNDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const DAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

function numberOf(text: string, at: number): number {
  const name = text.slice(0, 3).toUpperCase();
  if (at === 3 && MONTHS.includes(name)) return MONTHS.indexOf(name) + 1;
  return at === 4 && DAYS.includes(name) ? DAYS.indexOf(name) : Number(text);
}

function numbers(start: number, end: number, step: number): readonly number[] {
  const count = Math.floor((Math.max(start, end) - start) / Math.max(1, step)) + 1;
  return Array.from({ length: count }, (_, at) => start + at * Math.max(1, step));
}

const NAMES = ['minute', 'hour', 'day of month', 'month', 'day of week'] as const;

function fieldsText(fields: readonly (readonly number[])[]): string {
  return fields.map((values, at) => `${NAMES[at]} ${valuesText(values, at)}`).join(', ');
}

/** Sunday is 0 and 7. */
function valuesText(values: readonly number[], at: number): string {
  const once = new Set(values.map((value) => (at === 4 ? value % 7 : value)));
  const [first = 0, last = 0] = BOUNDS[at] ?? [];
  if (once.size === last - first + 1) return '*';
  return [...once].toSorted((a, b) => a - b).join(' ');
}
