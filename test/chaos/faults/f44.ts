import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { repairStatusQuery } from '../../../workflows/repair/messages.ts';
import type { repairSource } from '../../../workflows/repair/repair-source.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { kill, revive } from '../steps/deaths.ts';
import { collect, runsEnd } from '../steps/runs.ts';
import { startWaiting } from '../waiting-repairs.ts';

const ANSWERED = 'repairs that answered after the restart';
/** Messages that each of them got before: a history that is worth replaying. */
const MESSAGES = 4;
const COUNT = 200;
const AT_ONCE = 25;
/** Of a busy machine; the bench "replay-cache" measures by the goals. */
const FIRST_WITHIN_MS = 10_000;
const ALL_WITHIN_MS = 120_000;

type Handle = WorkflowHandle<typeof repairSource>;

const repairs = new WeakMap<Arena, readonly Handle[]>();

const wait: Step = {
  says: `${COUNT} repairs wait for people`,
  async act(arena) {
    const handles = await startWaiting(arena, COUNT);
    repairs.set(arena, handles);
    for (let sent = 0; sent < MESSAGES; sent += 1) {
      await inLanes(handles, (handle) => handle.signal('reject', { junk: sent }));
      await sleep(200);
    }
    await inLanes(handles, (handle) => stillAsks(handle));
  },
};

const askAll: Step = {
  says: 'ask one of them, then all',
  async act(arena) {
    const handles = repairs.get(arena) ?? [];
    const startedMs = performance.now();
    const named = handles[arena.random.between(0, handles.length - 1)];
    if (named) await stillAsks(named);
    const firstMs = performance.now() - startedMs;
    await inLanes(handles, async (handle) => {
      await stillAsks(handle);
      arena.count(ANSWERED);
    });
    const allMs = performance.now() - startedMs;
    if (firstMs > FIRST_WITHIN_MS || allMs > ALL_WITHIN_MS)
      throw new Error(`The first answered in ${firstMs} ms, all in ${allMs} ms.`);
  },
};

const endAll: Step = {
  says: 'end them: nobody else knows of them',
  act: async (arena) => {
    await inLanes(repairs.get(arena) ?? [], (handle) => handle.terminate('chaos'));
  },
};

async function stillAsks(handle: Handle): Promise<void> {
  const { stage, refusedTotal } = await handle.query(repairStatusQuery);
  if (stage !== 'awaiting-approval' || refusedTotal !== MESSAGES)
    throw new Error(`"${handle.workflowId}" stands at ${stage} after ${refusedTotal} messages.`);
}

async function inLanes(
  handles: readonly Handle[],
  work: (handle: Handle) => Promise<unknown>,
): Promise<void> {
  const left = [...handles];
  const lane = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

export const f44: Fault = {
  id: 'F44',
  title: `all workers die while ${COUNT} repairs wait`,
  workload: { wick: 2 },
  script: () => [collect(), runsEnd('succeeded'), wait, kill('worker'), revive, askAll, endAll],
  observe: ({ seen }) => ({ [ANSWERED]: seen.get(ANSWERED) ?? 0 }),
  heals: 'by itself',
};
