/**
 * Milliseconds of a time as people write it: `30 minutes`, `6h`, `90s`, `1 h 30 min`, `2 weeks`.
 * Undefined for anything else, for nothing, and for zero.
 */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.trim().toLowerCase().matchAll(PART)];
  const read = parts.map(([whole]) => whole).join('');
  if (parts.length === 0 || read !== text.trim().toLowerCase()) return undefined;
  const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * unitMs(unit), 0);
  return Number.isFinite(sum) && sum > 0 ? Math.round(sum) : undefined;
}

/** The shortest exact way to say a whole number of milliseconds: `6 hours`, `90 seconds`. */
export function formatDuration(durationMs: number): string {
  const [name, unit] = FORMAT_UNITS.find(([, ms]) => durationMs % ms === 0) ?? ['millisecond', 1];
  const count = durationMs / unit;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** What may stand in a duration, for remedies. */
export const DURATION_HINT = 'Use a time such as "30 minutes", "6h" or "90s".';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

const PART =
  /(\d+(?:\.\d+)?)\s*(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)(?:\s+|(?=\d)|$)/g;

function unitMs(unit: string | undefined): number {
  if (unit === undefined) return Number.NaN;
  if (/^ms|^milli/.test(unit)) return 1;
  return UNITS.get(unit.charAt(0)) ?? Number.NaN;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', SECOND_MS],
  ['m', MINUTE_MS],
  ['h', HOUR_MS],
  ['d', DAY_MS],
  ['w', WEEK_MS],
]);

const FORMAT_UNITS: readonly (readonly [string, number])[] = [
  ['week', WEEK_MS],
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
  ['second', SECOND_MS],
];
