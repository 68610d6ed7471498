import type { DesiredSchedule } from '../../workflows/collection/schedule-plan.ts';
import { cronValues } from './schedule-differences.ts';

/**
 * Would this schedule start a run at that nominal time? A run that somebody triggered carries the second of the trigger instead, which fits
 * by chance only.
 */
export function isNominalTime(
  { spec, timezone }: Pick<DesiredSchedule, 'spec' | 'timezone'>,
  at: Date,
): boolean {
  if ('everyMs' in spec) return (at.getTime() - spec.offsetMs) % spec.everyMs === 0;
  const [minutes, hours, days, months, weekdays] = cronValues(spec.cron);
  const local = localTime(at, timezone);
  return (
    local.second === 0 &&
    isOneOf(minutes, local.minute) &&
    isOneOf(hours, local.hour) &&
    isOneOf(months, local.month) &&
    isOneOf(days, local.day) &&
    isOneOf(weekdays, local.weekday)
  );
}

function isOneOf(values: readonly number[] | undefined, value: number): boolean {
  // Sunday is 0 and 7.
  return values?.some((one) => one === value || (one === 7 && value === 0)) ?? false;
}

interface LocalTime {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
}

function localTime(at: Date, timeZone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? -1);
  return {
    second: number('second'),
    minute: number('minute'),
    hour: number('hour'),
    day: number('day'),
    month: number('month'),
    weekday: WEEKDAYS.indexOf(parts.get('weekday') ?? ''),
  };
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
