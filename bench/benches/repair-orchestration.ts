import { performance } from 'node:perf_hooks';
import type { Client } from '@temporalio/client';
import { historyCost, type HistoryCost } from '../measure/history.ts';
import { repairTimes, type RepairTimes } from '../measure/repair-times.ts';
import { percentile } from '../measure/statistics.ts';
import {
  atMost,
  figure,
  type Bench,
  type BenchOptions,
  type Figure,
  type Report,
} from '../report.ts';
import { approve, startRepair, untilAsked } from '../stage/repairs.ts';
import { openStage } from '../stage/stage.ts';
import { startWorker } from '../stage/worker.ts';
import { PROBATION_RUNS } from '../stubs/instant-repairs.ts';

/** What a whole repair costs beside its activities: waits between steps, the approval, the probation. */
export const repairOrchestration: Bench = {
  name: 'repair-orchestration',
  summary: 'A whole approved repair whose activities answer at once: what orchestration adds.',
  run,
};

const SAMPLES = 200;
const QUICK_SAMPLES = 10;
const WARM_UPS = 5;

async function run({ quick, samples: wanted, say }: BenchOptions): Promise<Report> {
  const samples = wanted ?? (quick ? QUICK_SAMPLES : SAMPLES);
  await using stage = await openStage(say);
  const worker = await startWorker(stage, { instantRepairs: true });
  const { client } = stage.temporal;
  try {
    for (let time = 0; time < WARM_UPS; time += 1) await repaired(client, `warm-${time}`);
    say(`${samples} whole repairs, one after the other`);
    const found: Repaired[] = [];
    for (let time = 0; time < samples; time += 1) found.push(await repaired(client, `${time}`));
    return report(stage.servers, found);
  } finally {
    await worker.stop();
  }
}

interface Repaired {
  readonly times: RepairTimes;
  readonly cost: HistoryCost;
  /** From the sending of an approval until the deployment was asked for. */
  readonly resumeMs: number;
  readonly updateMs: number;
  /** From the report of a failure until the repair has done its first step. */
  readonly startMs: number;
}

async function repaired(client: Client, name: string): Promise<Repaired> {
  const reportedMs = performance.now();
  const handle = await startRepair(client, name);
  const startMs = performance.now() - reportedMs;
  const { sentAtMs, answeredAtMs } = await approve(handle, await untilAsked(handle));
  await handle.result();
  const { events } = await handle.fetchHistory();
  const times = repairTimes(events ?? []);
  return {
    times,
    cost: await historyCost(client, handle.workflowId),
    resumeMs: times.resumedAtMs - sentAtMs,
    updateMs: answeredAtMs - sentAtMs,
    startMs,
  };
}

const P50_MS = 1500;
const P95_MS = 4000;
const MAX_EVENTS = 150;
const MAX_ACTIONS = 60;
const RESUME_MS = 500;

function report(servers: Report['servers'], found: readonly Repaired[]): Report {
  const orchestration = found.map(({ times }) => times.orchestrationMs);
  const resume = found.map(({ resumeMs }) => resumeMs);
  const most = (of: (one: Repaired) => number): number => Math.max(...found.map((one) => of(one)));
  return {
    servers,
    settings: { repairs: found.length, 'runs of a probation': PROBATION_RUNS },
    goals: [
      atMost('orchestration of a repair, p50', percentile(orchestration, 0.5), P50_MS, ' ms'),
      atMost('orchestration of a repair, p95', percentile(orchestration, 0.95), P95_MS, ' ms'),
      atMost('from approve to resumed, p95', percentile(resume, 0.95), RESUME_MS, ' ms'),
      atMost(
        'history events of a repair',
        most(({ cost }) => cost.events),
        MAX_EVENTS,
      ),
      atMost(
        'billable actions of a repair',
        most(({ cost }) => cost.actions),
        MAX_ACTIONS,
      ),
    ],
    figures: [
      ...latencies('orchestration of a repair', orchestration),
      ...latencies(
        'with workers: activities from start to answer',
        found.map(({ times }) => times.inActivitiesMs),
      ),
      ...latencies('from approve to resumed', resume),
      ...latencies(
        'answer to an approval',
        found.map(({ updateMs }) => updateMs),
      ),
      ...latencies(
        'report of a failure, taken',
        found.map(({ startMs }) => startMs),
      ),
      figure(
        'history of a repair',
        'events',
        most(({ cost }) => cost.events),
        'events',
      ),
      figure(
        'history of a repair',
        'size',
        most(({ cost }) => cost.bytes),
        'bytes',
      ),
      figure(
        'history of a repair',
        'workflow tasks',
        most(({ cost }) => cost.workflowTasks),
        'tasks',
      ),
      figure(
        'history of a repair',
        'actions',
        most(({ cost }) => cost.actions),
        'actions',
      ),
    ],
    notes: [
      'Activities answer at once and touch nothing; times are those of the events of the history. What an activity waited for a worker counts as orchestration, what passed from its start to its answer does not.',
      `One repair at a time, from the report of the failure over an approval by update to the end of a probation of ${PROBATION_RUNS} runs. ${found.length < 1000 ? 'Below 1,000 samples p95 is rough.' : ''}`.trim(),
      'No peer is measured: the same steps as a plain function take no time when they answer at once.',
    ],
  };
}

function latencies(group: string, valuesMs: readonly number[]): readonly Figure[] {
  return [
    figure(group, 'p50', percentile(valuesMs, 0.5), 'ms'),
    figure(group, 'p95', percentile(valuesMs, 0.95), 'ms'),
  ];
}
