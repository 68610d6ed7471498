import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Exit } from '../../../local/processes.ts';
import { supervise } from '../../../local/system/supervise.ts';

const KILLED: Exit = { code: null, signal: 'SIGKILL' };

test('a part that ends by itself is started again, and the new one is stopped at the end', async () => {
  const parts = startable();
  const supervised = await supervise('The part', parts.start, parts.announce);

  parts.end(0);
  await untilStarted(parts, 2);
  await supervised.stop();

  expect(parts.stopped).toContain(1);
  expect(parts.said).toEqual(['The part ended (SIGKILL) and is started again; nothing is lost.']);
});

test('a part that ends before it is ready fails the start, and nothing tries again behind it', async () => {
  const parts = startable({ failsAt: [0] });

  await expect(supervise('The part', parts.start, parts.announce)).rejects.toThrow(
    'Start 0 did not work.',
  );
  await sleep(800);

  expect(parts.started()).toBe(1);
  expect(parts.said).toEqual([]);
});

test('a restart that fails is tried again, by one loop and not by two', async () => {
  const parts = startable({ failsAt: [1] });
  const supervised = await supervise('The part', parts.start, parts.announce);

  parts.end(0);
  await untilStarted(parts, 3);
  await sleep(300);
  await supervised.stop();

  expect(parts.started()).toBe(3);
  expect(parts.said).toEqual([
    'The part ended (SIGKILL) and is started again; nothing is lost.',
    'The part could not be started again: Start 1 did not work.',
  ]);
});

test('a stop does not wait for the rest before a restart', async () => {
  const parts = startable();
  const supervised = await supervise('The part', parts.start, parts.announce);
  parts.end(0);

  const since = performance.now();
  await supervised.stop();

  expect(performance.now() - since).toBeLessThan(400);
  expect(parts.started()).toBe(1);
});

/** Parts that start at once and end when told to; those in `failsAt` end before they are ready. */
function startable({ failsAt = [] }: { readonly failsAt?: readonly number[] } = {}) {
  const ends: ((exit: Exit) => void)[] = [];
  const stopped: number[] = [];
  const said: string[] = [];
  return {
    stopped,
    said,
    started: () => ends.length,
    end: (at: number) => ends[at]?.(KILLED),
    announce: (line: string) => void said.push(line),
    start: async (onExit: (exit: Exit) => void) => {
      const at = ends.push(onExit) - 1;
      if (failsAt.includes(at)) {
        onExit({ code: 1, signal: null });
        throw new Error(`Start ${at} did not work.`);
      }
      return { stop: async () => void stopped.push(at) };
    },
  };
}

async function untilStarted(parts: { started(): number }, count: number): Promise<void> {
  const endMs = Date.now() + 5000;
  while (parts.started() < count && Date.now() < endMs) await sleep(20);
}
