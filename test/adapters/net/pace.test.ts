import { expect, test } from 'vitest';
import type { HostLimits } from '../../../adapters/net/host-limits.ts';
import { createPace, isLimitOfHost } from '../../../adapters/net/pace.ts';
import { memoryHostLimits } from '../../../activities/sources/conformance/memory-hosts.ts';

const never = new AbortController().signal;
const turn = { intervalMs: 20, block: 1 };

/** How long each of so many turns was waited for, and how often the limits were asked. */
async function takeTurns(count: number, block: number, workMs = 0) {
  const limits = memoryHostLimits();
  let asked = 0;
  const counting: HostLimits = {
    ...limits,
    take(...args) {
      asked += 1;
      return limits.take(...args);
    },
  };
  const pace = createPace(counting);
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    await pace.take('a', { ...turn, block }, never);
    times.push(performance.now());
    if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
  }
  return { asked, gaps: times.slice(1).map((time, index) => time - (times[index] ?? 0)) };
}

test('the first request to a host is free, the next ones wait their turn', async () => {
  const { asked, gaps } = await takeTurns(4, 1);

  expect(asked).toBe(4);
  // Timers are coarse: what counts is that nobody comes early.
  expect(Math.min(...gaps)).toBeGreaterThan(17);
});

test('a block of turns costs one question, and keeps the same distance', async () => {
  const { asked, gaps } = await takeTurns(12, 6);

  // Two on a machine that keeps its times; a turn that was missed asks again, and without blocks there would be twelve.
  expect(asked).toBeLessThanOrEqual(6);
  expect(Math.min(...gaps)).toBeGreaterThan(17);
});

test('turns that have passed are lost: they may not be taken together', async () => {
  const { gaps } = await takeTurns(6, 20, 50);

  expect(Math.min(...gaps)).toBeGreaterThan(45);
});

test('two callers that come at once get two turns', async () => {
  const pace = createPace(memoryHostLimits());
  const startedAt = performance.now();

  await Promise.all([pace.take('a', turn, never), pace.take('a', turn, never)]);

  expect(performance.now() - startedAt).toBeGreaterThan(17);
});

test('a turn that is more than a minute away is refused and says when', async () => {
  const pace = createPace(memoryHostLimits());
  await pace.take('a', { intervalMs: 90_000, block: 1 }, never);

  const refused: unknown = await pace.take('a', turn, never).catch((error: unknown) => error);

  expect(refused).toMatchObject({ type: 'RateLimited', nextRetryDelay: expect.any(Number) });
  expect(isLimitOfHost(refused)).toBe(true);
  expect(isLimitOfHost(new Error('other'))).toBe(false);
});

test('a host that asked to wait is not asked again, whatever turns are left of a block', async () => {
  const pace = createPace(memoryHostLimits());
  await pace.take('a', { intervalMs: 20, block: 20 }, never);

  await pace.hold('a', 120_000);

  await expect(pace.take('a', turn, never)).rejects.toThrow('in 120 seconds');
});

test('a cancelled wait ends at once', async () => {
  const pace = createPace(memoryHostLimits());
  const stop = new AbortController();
  await pace.take('a', { intervalMs: 50_000, block: 1 }, stop.signal);
  const waiting = pace.take('a', { intervalMs: 50_000, block: 1 }, stop.signal);

  stop.abort();

  await expect(waiting).rejects.toThrow(/abort/i);
});
