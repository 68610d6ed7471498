import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../adapters/definitions/duration.ts';

test.each([
  ['30 minutes', 1_800_000],
  ['6h', 21_600_000],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1 hr 30 mins', 5_400_000],
  ['1.5 hours', 5_400_000],
  ['250ms', 250],
  ['2 Weeks', 1_209_600_000],
  ['1 d', 86_400_000],
])('"%s" is %i ms', (text, durationMs) => {
  expect(parseDuration(text)).toBe(durationMs);
});

test.each(['', '0s', '5', 'h', 'soon', '5 parsecs', '-5s', '5 minutesx', '1h, 2m', '5 months'])(
  '"%s" is no time',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test('what is said is understood again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e12 }), (durationMs) => {
      expect(parseDuration(formatDuration(durationMs))).toBe(durationMs);
    }),
  );
});
