import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lowerBound, upperBound } from '../../../workflows/repair/clopper-pearson.ts';

describe('the bound that outcomes prove (repair 7, stage 3)', () => {
  test.each([
    [0.8, 0, 14],
    [0.8, 1, 22],
    [0.8, 2, 30],
    [0.9, 0, 29],
    [0.9, 1, 46],
    [0.9, 2, 61],
    [0.95, 0, 59],
    [0.95, 1, 93],
    [0.95, 2, 124],
  ])('%d needs, with %i failures, %i outcomes and no fewer', (bound, failures, needed) => {
    expect(lowerBound(needed - failures, needed)).toBeGreaterThanOrEqual(bound);
    expect(lowerBound(needed - 1 - failures, needed - 1)).toBeLessThan(bound);
  });

  test('without failures it is the n-th root of 0.05', () => {
    for (const n of [1, 7.5, 30, 400.25]) expect(lowerBound(n, n)).toBeCloseTo(0.05 ** (1 / n), 7);
  });

  test('agrees with the binomial sum that defines it', () => {
    const at = lowerBound(81, 84);

    expect(tail(81, 84, at)).toBeCloseTo(0.05, 6);
    expect(tail(4, 84, upperBound(3, 84))).toBeCloseTo(0.95, 6);
  });

  test('rises with each success, falls with each failure, and stays below the share', () => {
    const counts = fc.tuple(
      fc.double({ min: 0, max: 400, noNaN: true }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
    );
    fc.assert(
      fc.property(counts, ([good, bad]) => {
        const bound = lowerBound(good, good + bad);
        expect(bound).toBeLessThanOrEqual(good / (good + bad));
        expect(lowerBound(good + 1, good + bad + 1)).toBeGreaterThanOrEqual(bound);
        expect(lowerBound(good, good + bad + 1)).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    [0, 0],
    [Number.NaN, 3],
    [3, Number.NaN],
    [5, 3],
    [-1, 3],
    [Infinity, Infinity],
  ])('%d of %d prove nothing', (successes, trials) => {
    expect(lowerBound(successes, trials)).toBe(0);
    expect(upperBound(successes, trials)).toBe(1);
  });
});

/** P(X ≥ k) of a binomial. */
function tail(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = k; i <= n; i += 1) sum += choose(n, i) * p ** i * (1 - p) ** (n - i);
  return sum;
}

function choose(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i += 1) value = (value * (n - k + i)) / i;
  return value;
}
