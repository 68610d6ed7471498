import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { reconcileSchedules } from '../../adapters/temporal/reconcile.ts';
import { createSchedules, type Schedules } from '../../adapters/temporal/schedules.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import {
  atLeast,
  atMost,
  countFigures,
  figure,
  type Bench,
  type BenchOptions,
  type Report,
} from '../report.ts';
import { countedClient, type CountedClient } from '../stage/counted-client.ts';
import { benchSource } from '../stage/definition.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { watchStarts, type Ticks } from '../stage/ticks.ts';

/** A fleet of schedules: what it costs to look at it, to change a tenth of it, and whether all of it starts on time. */
export const schedules10k: Bench = {
  name: 'schedules-10k',
  summary: 'Ten thousand schedules: unchanged is 0 writes, every start once and on time.',
  run,
};

const SOURCES = 10_000;
const QUICK_SOURCES = 300;
const HOUR_MS = 3_600_000;
const WINDOW_MS = 300_000;
const QUICK_WINDOW_MS = 20_000;
/** What may pass between a nominal time and its start: quality.md §1.7. Intervals have no jitter. */
const LATE_SECONDS = 10;

async function run({ quick, rows, say }: BenchOptions): Promise<Report> {
  const count = rows ?? (quick ? QUICK_SOURCES : SOURCES);
  const windowMs = quick ? QUICK_WINDOW_MS : WINDOW_MS;
  const everyMs = quick ? 2 * 60_000 : HOUR_MS;
  await using stage = await openStage(say);
  const counted = countedClient(stage.temporal.address, stage.temporal.namespace);
  try {
    const fleet = Array.from({ length: count }, (_, at) => source(`s-${at}`, everyMs));
    const schedules = createSchedules(counted.client);
    say(`creating ${count} schedules`);
    const created = await measured(counted, () => reconcile(fleet, schedules));
    await untilListed(schedules, count);
    counted.take();
    say('looking at them again, unchanged');
    const unchanged = await measured(counted, () => reconcile(fleet, schedules));
    say('changing a tenth of them');
    const changed = await measured(counted, () => reconcile(withTenthChanged(fleet), schedules));
    say(`watching ${windowMs / 1000} seconds of starts`);
    const ticks = await watchStarts(stage.temporal.client, withTenthChanged(fleet), windowMs);
    return report({ stage, count, windowMs, created, unchanged, changed, ticks });
  } finally {
    await counted.close();
  }
}

function source(id: string, everyMs: number): SourceDefinition {
  const one = benchSource(id, 'articles');
  const text = `every ${everyMs / 60_000} minutes`;
  return { ...one, schedule: { ...one.schedule, text, spec: { everyMs }, periodMs: everyMs } };
}

function withTenthChanged(fleet: readonly SourceDefinition[]): readonly SourceDefinition[] {
  return fleet.map((one, at) => (at % 10 === 0 ? { ...one, title: `${one.id}, renamed` } : one));
}

function reconcile(fleet: readonly SourceDefinition[], schedules: Schedules) {
  return reconcileSchedules(fleet, schedules, { now: new Date(), suspended: [] });
}

/** The server's listing lags behind its writes. */
async function untilListed(schedules: Schedules, count: number): Promise<void> {
  const deadline = performance.now() + LISTED_WITHIN_MS;
  while ((await schedules.list()).length < count) {
    if (performance.now() > deadline)
      throw new Error('The server does not list what was created. The bench is void.');
    await sleep(1000);
  }
}

const LISTED_WITHIN_MS = 120_000;

interface Measured {
  readonly seconds: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly counts: Awaited<ReturnType<typeof reconcile>>;
}

async function measured(
  counted: CountedClient,
  act: () => ReturnType<typeof reconcile>,
): Promise<Measured> {
  counted.take();
  const startedMs = performance.now();
  const counts = await act();
  return { seconds: (performance.now() - startedMs) / 1000, requests: counted.take(), counts };
}

interface Found {
  readonly stage: Stage;
  readonly count: number;
  readonly windowMs: number;
  readonly created: Measured;
  readonly unchanged: Measured;
  readonly changed: Measured;
  readonly ticks: Ticks;
}

function report({ stage, count, windowMs, created, unchanged, changed, ticks }: Found): Report {
  const lists = unchanged.requests['ListSchedules'] ?? 0;
  const all = Object.values(unchanged.requests).reduce((sum, one) => sum + one, 0);
  return {
    servers: stage.servers,
    settings: { sources: count, 'window of starts': `${windowMs / 1000} s` },
    goals: [
      atMost('writes for an unchanged fleet', all - lists, 0),
      atMost('pages listed for an unchanged fleet', lists, Math.ceil((count + 1) / 1000) + 1),
      atMost('starts lost in the window', ticks.lost, 0),
      atMost('starts doubled in the window', ticks.doubled, 0),
      atMost('lateness of a start, p99', ticks.lateSecondsP99, LATE_SECONDS, ' s'),
      atLeast('starts seen in the window', ticks.started, 1),
    ],
    figures: [
      figure('create', 'schedules created', created.counts.created, 'schedules'),
      figure('create', 'time', created.seconds, 's'),
      ...countFigures('requests to create', created.requests, 'requests'),
      figure('unchanged', 'time', unchanged.seconds, 's'),
      ...countFigures('requests for an unchanged fleet', unchanged.requests, 'requests'),
      figure('a tenth changed', 'schedules updated', changed.counts.updated, 'schedules'),
      figure('a tenth changed', 'time', changed.seconds, 's'),
      ...countFigures('requests for a tenth changed', changed.requests, 'requests'),
      figure('starts', 'due in the window', ticks.due, 'starts'),
      figure('starts', 'started in the window', ticks.started, 'starts'),
      figure('starts', 'most in one second', ticks.mostInOneSecond, 'starts'),
      figure('starts', 'lateness, p50', ticks.lateSecondsP50, 's'),
    ],
    notes: [
      'Intervals carry an offset from the hash of the source, so the same sources start at the same seconds in each bench.',
      'No worker runs: a start counts when the server has made the execution. The dev server has one shard; its rate is a floor.',
    ],
  };
}
