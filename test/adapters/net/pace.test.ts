import { expect, test } from 'vitest';
import { createPace } from '../../../adapters/net/pace.ts';

const never = new AbortController().signal;

test('the first request to a host is free, the next ones wait their turn', async () => {
  let clock = 1000;
  const pace = createPace(() => clock);

  await pace.take('a', 200, never);
  clock += 50;

  expect(pace.waitMs('a')).toBe(150);
  expect(pace.waitMs('b')).toBe(0);
});

test('two callers that come at once get two turns', async () => {
  const pace = createPace(() => 0);

  await Promise.all([pace.take('a', 10, never), pace.take('a', 10, never)]);

  expect(pace.waitMs('a')).toBe(20);
});

test('a cancelled wait ends at once', async () => {
  const pace = createPace();
  const stop = new AbortController();
  await pace.take('a', 60_000, stop.signal);
  const waiting = pace.take('a', 60_000, stop.signal);

  stop.abort();

  await expect(waiting).rejects.toThrow(/abort/i);
});
