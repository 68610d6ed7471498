import { expect, test } from 'vitest';
import { interleaved } from '../../bench/measure/pairs.ts';
import { median, medianRatio, percentile } from '../../bench/measure/statistics.ts';

test.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2.5],
  [[10, 20], 0.95, 19.5],
  [[7], 0.05, 7],
])('of %j the share %d lies below %d', (values, share, expected) => {
  expect(percentile(values, share)).toBeCloseTo(expected);
});

test('the interval of a median holds the median, is narrow for equal ratios and the same each time', () => {
  const ratios = [0.8, 0.9, 1, 1.1, 1.2, 0.95, 1.05, 0.85, 1.15];

  const estimate = medianRatio(ratios);

  expect(estimate.value).toBe(1);
  expect(estimate.low).toBeLessThan(1);
  expect(estimate.high).toBeGreaterThan(1);
  expect(medianRatio(ratios)).toEqual(estimate);
  expect(medianRatio([2, 2, 2])).toEqual({ value: 2, low: 2, high: 2 });
  expect(median([])).toBeNaN();
});

test('pairs are run A B B A, and the first one is dropped', async () => {
  const order: string[] = [];
  const side = (name: string) => () => {
    order.push(name);
    return Promise.resolve(`${name}${order.length}`);
  };

  const pairs = await interleaved(3, side('a'), side('b'));

  expect(order.join('')).toBe('abbaab');
  expect(pairs).toEqual([
    { a: 'a4', b: 'b3' },
    { a: 'a5', b: 'b6' },
  ]);
});
