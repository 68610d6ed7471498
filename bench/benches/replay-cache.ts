import { performance } from 'node:perf_hooks';
import type { Client } from '@temporalio/client';
import { historyCost, type HistoryCost } from '../measure/history.ts';
import { peakMemoryMegabytes, resetPeakMemory } from '../measure/process-usage.ts';
import { percentile } from '../measure/statistics.ts';
import { atMost, figure, type Bench, type BenchOptions, type Report } from '../report.ts';
import { startRepair, statusOf, untilAsked, type RepairHandle } from '../stage/repairs.ts';
import { openStage } from '../stage/stage.ts';
import { startWorker } from '../stage/worker.ts';

/** A deployment while many repairs wait for people: how soon they answer again. */
export const replayCache: Bench = {
  name: 'replay-cache',
  summary: 'A restart with two thousand waiting repairs: how soon one answers, and all of them.',
  run,
};

const COUNT = 2000;
const QUICK_COUNT = 50;
/** Repairs that are brought to their question at once, looked at seldom: looking is what they must not wait for. */
const BROUGHT_AT_ONCE = 60;
const LOOK_EVERY_MS = 3000;
/** Repairs that are asked at once. */
const AT_ONCE = 25;

async function run({ quick, count: wanted, say }: BenchOptions): Promise<Report> {
  const count = wanted ?? (quick ? QUICK_COUNT : COUNT);
  await using stage = await openStage(say);
  const { client } = stage.temporal;
  const before = await startWorker(stage, { instantRepairs: true });
  const startedMs = performance.now();
  let waiting: readonly RepairHandle[] = [];
  try {
    say(`bringing ${count} repairs to their question`);
    waiting = await bring(client, count, say);
  } finally {
    await before.stop();
  }
  const filledSeconds = (performance.now() - startedMs) / 1000;
  say('the worker starts anew, and one is asked, then all');
  const after = await startWorker(stage, { instantRepairs: true });
  try {
    resetPeakMemory(after.pid);
    const found = await ask(waiting);
    const costs = await Promise.all(
      waiting.slice(0, AT_ONCE).map((handle) => historyCost(client, handle.workflowId)),
    );
    const megabytes = peakMemoryMegabytes(after.pid);
    return report({ servers: stage.servers, count, filledSeconds, megabytes, costs, ...found });
  } finally {
    await after.stop();
  }
}

async function bring(
  client: Client,
  count: number,
  say: BenchOptions['say'],
): Promise<readonly RepairHandle[]> {
  const handles: RepairHandle[] = [];
  await inLanes(count, BROUGHT_AT_ONCE, async (at) => {
    const handle = await startRepair(client, `${at}`);
    await untilAsked(handle, LOOK_EVERY_MS);
    handles.push(handle);
    if (handles.length % 250 === 0) say(`${handles.length} wait`);
  });
  return handles;
}

interface Answers {
  /** Of the one that is asked first, from the moment at which the worker said that it is ready. */
  readonly firstSeconds: number;
  /** Until every one has answered. */
  readonly allSeconds: number;
  readonly latenciesMs: readonly number[];
}

async function ask(waiting: readonly RepairHandle[]): Promise<Answers> {
  const startedMs = performance.now();
  const named = waiting[Math.floor(waiting.length / 2)];
  if (named) await stillAsks(named);
  const firstSeconds = (performance.now() - startedMs) / 1000;
  const latenciesMs: number[] = [];
  await inLanes(waiting.length, AT_ONCE, async (at) => {
    const handle = waiting[at];
    const sentMs = performance.now();
    if (handle) await stillAsks(handle);
    latenciesMs.push(performance.now() - sentMs);
  });
  return { firstSeconds, allSeconds: (performance.now() - startedMs) / 1000, latenciesMs };
}

async function stillAsks(handle: RepairHandle): Promise<void> {
  const { stage } = await statusOf(handle);
  if (stage !== 'awaiting-approval')
    throw new Error(`A waiting repair stands at "${stage}" after the restart. The bench is void.`);
}

async function inLanes(
  count: number,
  lanes: number,
  work: (at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const FIRST_SECONDS = 2;
const ALL_SECONDS = 120;
const MAX_EVENTS = 65;

interface Found extends Answers {
  readonly servers: Report['servers'];
  readonly count: number;
  readonly filledSeconds: number;
  readonly megabytes: number;
  readonly costs: readonly HistoryCost[];
}

function report(found: Found): Report {
  const { servers, count, firstSeconds, allSeconds, latenciesMs, costs } = found;
  const events = Math.max(...costs.map((cost) => cost.events));
  return {
    servers,
    settings: { repairs: count, 'asked at once': AT_ONCE },
    goals: [
      atMost('a named repair answers after the restart within', firstSeconds, FIRST_SECONDS, ' s'),
      atMost('all have answered within', allSeconds, ALL_SECONDS, ' s'),
      atMost('events of a waiting repair', events, MAX_EVENTS),
    ],
    figures: [
      figure('restart', 'the first answer', firstSeconds, 's'),
      figure('restart', 'all answers', allSeconds, 's'),
      figure('restart', 'repairs a second', count / allSeconds, 'repairs/s'),
      figure('restart', 'latency of a query, p50', percentile(latenciesMs, 0.5), 'ms'),
      figure('restart', 'latency of a query, p95', percentile(latenciesMs, 0.95), 'ms'),
      figure('a waiting repair', 'events', events, 'events'),
      figure('a waiting repair', 'history', Math.max(...costs.map(({ bytes }) => bytes)), 'bytes'),
      figure('before', 'time to bring all to their question', found.filledSeconds, 's'),
      figure('worker', 'peak memory while all answer', found.megabytes, 'MB'),
    ],
    notes: [
      'Histories are real: each repair went through every step up to its question, on activities that answer at once. A query to a repair that no worker has in its cache replays its history.',
      'The time of the restart itself is not in it: it is counted from when the new worker says that it is ready.',
    ],
  };
}
