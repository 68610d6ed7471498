import { expect, test } from 'vitest';
import { isNominalTime } from '../../../adapters/temporal/nominal-time.ts';

const HOUR_MS = 3_600_000;
const interval = { spec: { everyMs: 6 * HOUR_MS, offsetMs: 90_000 }, timezone: 'UTC' };

function cron(line: string, timezone = 'Europe/Berlin') {
  return { spec: { cron: line }, timezone };
}

test.each([
  ['a time of an interval', interval, '2026-11-20T06:01:30Z', true],
  ['a second later', interval, '2026-11-20T06:01:31Z', false],
  ['an hour later', interval, '2026-11-20T07:01:30Z', false],
  ['a time of a cron line, in its zone', cron('30 6 * * *'), '2026-11-20T05:30:00Z', true],
  ['the same hour of the other zone', cron('30 6 * * *'), '2026-11-20T06:30:00Z', false],
  ['in summer', cron('30 6 * * *'), '2026-07-20T04:30:00Z', true],
  ['a second after a cron time', cron('30 6 * * *'), '2026-11-20T05:30:01Z', false],
  ['midnight', cron('0 0 * * *', 'UTC'), '2026-11-20T00:00:00Z', true],
  ['a step', cron('*/15 * * * *', 'UTC'), '2026-11-20T00:45:00Z', true],
  ['between two steps', cron('*/15 * * * *', 'UTC'), '2026-11-20T00:46:00Z', false],
  ['a Friday', cron('0 6 * * 5', 'UTC'), '2026-11-20T06:00:00Z', true],
  ['a Friday by name', cron('0 6 * * FRI', 'UTC'), '2026-11-20T06:00:00Z', true],
  ['Sunday as 7', cron('0 6 * * 7', 'UTC'), '2026-11-22T06:00:00Z', true],
  ['another month', cron('0 6 * 3 *', 'UTC'), '2026-11-20T06:00:00Z', false],
])('%s', (_, schedule, at, expected) => {
  expect(isNominalTime(schedule, new Date(at))).toBe(expected);
});
