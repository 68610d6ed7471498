import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createScheduleGaps } from '../../adapters/definitions/schedule-gap.ts';
import { readSchedule } from '../../adapters/definitions/schedule-text.ts';
import {
  fleetFreshness,
  freshnessOf,
  graceOf,
  type FreshnessFacts,
} from '../../workflows/collection/freshness.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function facts(rest: Partial<FreshnessFacts> = {}): FreshnessFacts {
  return {
    enabled: true,
    pausedByPerson: false,
    lastSuccessMs: 0,
    knownSinceMs: -DAY,
    periodMs: 6 * HOUR,
    ...rest,
  };
}

test.each([
  [10_000, 10 * MINUTE],
  [HOUR, 10 * MINUTE],
  [100 * MINUTE, 10 * MINUTE],
  [6 * HOUR, 36 * MINUTE],
  [7 * DAY, 16.8 * HOUR],
])('sources 15.1: the grace of a period of %i ms is %i ms', (periodMs, graceMs) => {
  expect(graceOf(periodMs)).toBeCloseTo(graceMs);
});

test('sources 15.1: a source meets its objective up to the last millisecond of period plus grace', () => {
  for (const periodMs of [10_000, 17 * MINUTE, HOUR, 6 * HOUR, DAY, 31 * DAY])
    for (const graceMs of [undefined, 1000, DAY]) {
      const given = facts({ periodMs, ...(graceMs === undefined ? {} : { graceMs }) });
      const { allowedMs } = freshnessOf(given, 0);
      expect(freshnessOf(given, allowedMs).state).toBe('fresh');
      expect(freshnessOf(given, allowedMs + 1).state).toBe('late');
    }
});

const time = fc.integer({ min: 0, max: 60 * DAY });
const period = fc.integer({ min: 10_000, max: 31 * DAY });

test('what is late stays late until a run ends well', () => {
  fc.assert(
    fc.property(period, time, time, (periodMs, nowMs, moreMs) => {
      const isLate = (atMs: number) => freshnessOf(facts({ periodMs }), atMs).state === 'late';
      expect(isLate(nowMs) && !isLate(nowMs + moreMs)).toBe(false);
    }),
  );
});

test('a newer success never makes a source later, whatever two clocks say', () => {
  fc.assert(
    fc.property(period, time, time, time, (periodMs, nowMs, lastSuccessMs, moreMs) => {
      const ofSuccess = (atMs: number) =>
        freshnessOf(facts({ periodMs, lastSuccessMs: atMs }), nowMs);
      const [older, newer] = [ofSuccess(lastSuccessMs), ofSuccess(lastSuccessMs + moreMs)];
      expect(newer.ageMs).toBeGreaterThanOrEqual(0);
      expect(newer.ageMs).toBeLessThanOrEqual(older.ageMs);
      expect(newer.ratio).toBeLessThanOrEqual(older.ratio);
    }),
  );
});

test.each([
  ['disabled by its definition', { enabled: false }, 'disabled'],
  ['paused by a person', { pausedByPerson: true }, 'paused'],
  ['disabled and paused', { enabled: false, pausedByPerson: true }, 'disabled'],
])('a source %s is not counted, however old', (_, rest, state) => {
  expect(freshnessOf(facts(rest), 30 * DAY).state).toBe(state);
});

test('a source that was never collected has the time of a period and its grace, and is late then', () => {
  const { lastSuccessMs: _, ...never } = facts({ knownSinceMs: 0 });
  expect(freshnessOf(never, 6 * HOUR).state).toBe('never collected');
  expect(freshnessOf(never, 7 * HOUR).state).toBe('late');
});

test('the share of the fleet leaves out who should not be fresh', () => {
  expect(fleetFreshness(['fresh', 'late', 'disabled', 'paused', 'never collected'])).toEqual({
    counted: 3,
    late: 1,
    share: 2 / 3,
  });
  expect(fleetFreshness(['disabled'])).toEqual({ counted: 0, late: 0, share: 1 });
});

const gap = (text: string, timezone: string, at: string): number => {
  const read = readSchedule(text, timezone);
  if ('remedy' in read) throw new Error(read.remedy);
  return createScheduleGaps()(read.schedule, new Date(at)) / HOUR;
};

test.each([
  ['every 6 hours', 'UTC', '2026-11-20T06:05:00Z', 6],
  ['0 6 * * 1-5', 'UTC', '2026-11-19T06:05:00Z', 24],
  // On a Friday: nobody is told that a source for working days is late on Sunday.
  ['0 6 * * 1-5', 'UTC', '2026-11-20T06:05:00Z', 72],
  ['0 6 * * 1-5', 'UTC', '2026-11-21T15:00:00Z', 72],
  ['0 6 * * 1-5', 'UTC', '2026-11-20T06:00:00Z', 72],
  ['0 0 1 * *', 'UTC', '2026-02-10T00:00:00Z', 28 * 24],
  ['0 0 1 * *', 'UTC', '2026-01-10T00:00:00Z', 31 * 24],
  ['0 9,17 * * *', 'UTC', '2026-11-20T10:00:00Z', 8],
  ['0 9,17 * * *', 'UTC', '2026-11-20T18:00:00Z', 16],
  // Clocks go forward on 29 March 2026 and back on 25 October.
  ['0 12 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 23],
  ['0 12 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 25],
  ['0 12 * * *', 'Europe/Berlin', '2026-07-01T12:00:00Z', 24],
  // 02:30 does not come on that day, and Temporal starts nothing.
  ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 47],
  ['30 2 * * *', 'Europe/Berlin', '2026-03-29T12:00:00Z', 47],
  ['0 6 29 2 *', 'UTC', '2026-11-20T06:00:00Z', 4 * 365.25 * 24],
])('sources 15.1: the period of "%s" (%s) at %s is %d hours', (text, timezone, at, hours) => {
  expect(gap(text, timezone, at)).toBe(hours);
});

test('gaps are found again for other times of the same line', () => {
  const gaps = createScheduleGaps();
  const read = readSchedule('0 6 * * 1-5', 'UTC');
  if ('remedy' in read) throw new Error(read.remedy);
  const hours = ['2026-11-19T07:00:00Z', '2026-11-20T07:00:00Z', '2026-11-19T23:00:00Z'].map(
    (at) => gaps(read.schedule, new Date(at)) / HOUR,
  );
  expect(hours).toEqual([24, 72, 24]);
});
