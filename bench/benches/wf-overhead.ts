import {
  atMost,
  countFigures,
  figure,
  type Bench,
  type BenchOptions,
  type Figure,
  type Report,
} from '../report.ts';
import { percentile } from '../measure/statistics.ts';
import { applySources, collect } from '../stage/collect.ts';
import { benchSource } from '../stage/definition.ts';
import { measureFloor } from '../stage/floor.ts';
import { openLoop } from '../stage/open-loop.ts';
import { scheduledRun, type ScheduledRun } from '../stage/scheduled-run.ts';
import { fillSourceTable } from '../stage/source-table.ts';
import { openStage } from '../stage/stage.ts';
import { startWorker } from '../stage/worker.ts';

/** What our orchestration adds to a run in which there is nothing to collect. */
export const wfOverhead: Bench = {
  name: 'wf-overhead',
  summary: 'An empty collection from trigger to result, beside a hand-written workflow.',
  run,
};

const SAMPLES = 500;
const QUICK_SAMPLES = 20;
const FLOOR_TIMES = 200;
const QUICK_FLOOR_TIMES = 20;
/** Between two arrivals, of both sides in turn: well below what two cores can take, so that no queue is measured. */
const ARRIVAL_MS = 200;

async function run({ quick, samples: wanted, say }: BenchOptions): Promise<Report> {
  const samples = wanted ?? (quick ? QUICK_SAMPLES : SAMPLES);
  await using stage = await openStage(say);
  await fillSourceTable(stage.sources, 1);
  const sources = Array.from({ length: SOURCES }, (_, at) => benchSource(`empty-${at}`, 'nothing'));
  await applySources(stage, sources);
  const worker = await startWorker(stage);
  const { client } = stage.temporal;
  let turn = 0;
  const ours = (): Promise<unknown> => collect(stage, worker, `empty-${(turn += 1) % SOURCES}`);
  const peer = (): Promise<unknown> =>
    client.workflow.execute('emptyCollection', {
      taskQueue: 'orchestration',
      workflowId: `peer:${crypto.randomUUID()}`,
    });
  try {
    for (let time = 0; time < WARM_UPS; time += 1) {
      await ours();
      await peer();
    }
    const scheduled = await scheduledRun(stage, worker, benchSource('empty-0', 'nothing'));
    say(`${samples} runs of each side, one every ${ARRIVAL_MS} ms`);
    const [ourMs, peerMs] = await openLoop({ samples, everyMs: ARRIVAL_MS, a: ours, b: peer });
    say('the floor of this server');
    const floor = await measureFloor(client, quick ? QUICK_FLOOR_TIMES : FLOOR_TIMES);
    return report({ servers: stage.servers, samples, scheduled, ourMs, peerMs, floor });
  } finally {
    await worker.stop();
  }
}

const WARM_UPS = 10;
/** Runs of one source never overlap in the product; with arrivals that do not wait they would, so they are of many sources. */
const SOURCES = 100;
const MAX_RATIO = 1.3;
const MAX_EVENTS = 23;
const MAX_ACTIONS = 7;

interface Found {
  readonly servers: Report['servers'];
  readonly samples: number;
  readonly scheduled: ScheduledRun;
  readonly ourMs: readonly number[];
  readonly peerMs: readonly number[];
  readonly floor: readonly Figure[];
}

function report({ servers, samples, scheduled, ourMs, peerMs, floor }: Found): Report {
  const ratio = (share: number): number => percentile(ourMs, share) / percentile(peerMs, share);
  const { history, actions, grpc, statements } = scheduled;
  return {
    servers,
    settings: { samples, 'one arrival every': `${ARRIVAL_MS} ms` },
    goals: [
      atMost('p50, ratio to the peer', ratio(0.5), MAX_RATIO),
      atMost('p95, ratio to the peer', ratio(0.95), MAX_RATIO),
      atMost('history events of a scheduled empty run', history.events, MAX_EVENTS),
      atMost('billable actions of a scheduled empty run', actions, MAX_ACTIONS),
    ],
    figures: [
      ...latencies('Wellspring: empty collection', ourMs),
      ...latencies('peer: workflow with one activity', peerMs),
      figure('a scheduled empty run', 'history', history.bytes, 'bytes'),
      figure('a scheduled empty run', 'workflow tasks', history.workflowTasks, 'tasks'),
      figure('a scheduled empty run', 'SQL statements', statements, 'statements'),
      ...countFigures('worker requests to Temporal for it', grpc, 'requests'),
      ...floor,
    ],
    notes: [
      'Arrivals are open-loop: a latency counts from when the run was due. Both sides run on the same worker and dev server, in turn.',
      `The peer's activity connects to the source, reads the empty table and closes; it records nothing. ${samples < 1000 ? 'Below 1,000 samples p95 is rough.' : ''}`.trim(),
    ],
  };
}

function latencies(group: string, valuesMs: readonly number[]): readonly Figure[] {
  return [
    figure(group, 'p50', percentile(valuesMs, 0.5), 'ms'),
    figure(group, 'p95', percentile(valuesMs, 0.95), 'ms'),
  ];
}
