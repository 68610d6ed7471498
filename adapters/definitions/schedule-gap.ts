import { Cron } from 'croner';
import type { ScheduleDefinition } from '../../workflows/collection/definitions.ts';

type Timed = Pick<ScheduleDefinition, 'spec' | 'timezone' | 'periodMs'>;

/** How long the schedule leaves a source alone around a time: from the nominal time before it to the one after it, in milliseconds. */
export type ScheduleGaps = (schedule: Timed, at: Date) => number;

/**
 * Gaps as Temporal has them: a local time that a change of clocks skips does not come, one that it repeats comes once. Remembers what it found: thousands of sources share
 * a few lines of cron, and looking for times takes a tenth of a millisecond.
 */
export function createScheduleGaps(): ScheduleGaps {
  const found = new Map<string, Gap[]>();
  return ({ spec, timezone, periodMs }, at) => {
    if (!('cron' in spec)) return spec.everyMs;
    const key = `${timezone}\n${spec.cron}`;
    const gaps = found.get(key) ?? [];
    found.set(key, gaps);
    const known = gaps.find(({ fromMs, toMs }) => fromMs <= at.getTime() && at.getTime() < toMs);
    if (known) return known.toMs - known.fromMs;
    const gap = gapAround(spec.cron, timezone, at);
    if (!gap) return periodMs;
    gaps.push(gap);
    return gap.toMs - gap.fromMs;
  };
}

interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Undefined where the line has no time before or after: then its shortest gap must do. */
function gapAround(line: string, timezone: string, at: Date): Gap | undefined {
  const cron = new Cron(line, { mode: '5-part', timezone, domAndDow: true, paused: true });
  const isReal = (time: Date): boolean => cron.match(time);
  // Exclusive of its reference, which may be a nominal time itself.
  const before = cron.previousRuns(LOOK, new Date(at.getTime() + 1000)).filter(isReal);
  const from = before.find((time) => time <= at);
  const to = cron.nextRuns(LOOK, at).find((time) => time > at && isReal(time));
  if (!from || !to) return undefined;
  // Of a local time that comes twice Temporal starts one, which may be the later one.
  const lateMs = comesTwice(to, timezone) ? HOUR_MS : 0;
  return { fromMs: from.getTime(), toMs: to.getTime() + lateMs };
}

const HOUR_MS = 3_600_000;

function comesTwice(time: Date, timeZone: string): boolean {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeStyle: 'short' });
  const local = (at: number): string => format.format(new Date(at));
  const atMs = time.getTime();
  return [atMs - HOUR_MS, atMs + HOUR_MS].some((other) => local(other) === local(atMs));
}

/** Clocks change by an hour, which holds at most sixty nominal times that do not come. */
const LOOK = 62;
