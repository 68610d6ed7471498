import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OpenLoopOptions {
  /** Of each side. */
  readonly samples: number;
  readonly everyMs: number;
  readonly a: () => Promise<unknown>;
  readonly b: () => Promise<unknown>;
}

/**
 * Starts one every so many milliseconds, in the order A B B A, whether the earlier ones have ended or not, and answers the latencies of
 * both sides in milliseconds from when each was due: a slow server cannot hide by slowing down the arrivals.
 */
export async function openLoop({
  samples,
  everyMs,
  a,
  b,
}: OpenLoopOptions): Promise<readonly [readonly number[], readonly number[]]> {
  const found: readonly [number[], number[]] = [[], []];
  const running: Promise<void>[] = [];
  const startMs = performance.now();
  for (let arrival = 0; arrival < samples * 2; arrival += 1) {
    const dueMs = startMs + arrival * everyMs;
    await sleep(Math.max(0, dueMs - performance.now()));
    const isA = arrival % 4 === 0 || arrival % 4 === 3;
    const ended = (isA ? a() : b()).then(
      () => void found[isA ? 0 : 1].push(performance.now() - dueMs),
    );
    ended.catch(() => undefined);
    running.push(ended);
  }
  await Promise.all(running);
  return found;
}
