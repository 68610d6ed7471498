import { expect, test } from 'vitest';
import { relativeTime, tookTime } from '../../client/relative-time.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [0, 'just now'],
  [-4, 'just now'],
  [3, 'now'],
  [-20, '20 seconds ago'],
  [-59.6, '1 minute ago'],
  [-3 * MINUTE, '3 minutes ago'],
  [-59.7 * MINUTE, '1 hour ago'],
  [2 * HOUR, 'in 2 hours'],
  [HOUR, 'in 1 hour'],
  [-23.6 * HOUR, '1 day ago'],
  [-3 * DAY, '3 days ago'],
  [30 * DAY, 'in 30 days'],
  [-40 * DAY, '2026-10-12'],
])('%d seconds from now is "%s"', (seconds, text) => {
  expect(relativeTime(new Date(NOW.getTime() + seconds * 1000), NOW)).toBe(text);
});

test.each([
  [-5, '0.0 s'],
  [400, '0.4 s'],
  [9_940, '9.9 s'],
  [12_300, '12 s'],
  [59_600, '1 min'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [7_200_000, '2 h'],
])('%d milliseconds took "%s"', (ms, text) => {
  expect(tookTime(ms)).toBe(text);
});
