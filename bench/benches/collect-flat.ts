import { peakMemoryMegabytes, resetPeakMemory } from '../measure/process-usage.ts';
import { heartbeats } from '../measure/grpc.ts';
import {
  atMost,
  figure,
  type Bench,
  type BenchOptions,
  type Figure,
  type Report,
} from '../report.ts';
import {
  applySources,
  collect,
  collectCounted,
  forgetCollections,
  provenanceOf,
  type CountedRun,
} from '../stage/collect.ts';
import { benchSource } from '../stage/definition.ts';
import { startLoops } from '../stage/loops.ts';
import { fillSourceTable, limitedView } from '../stage/source-table.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { startWorker } from '../stage/worker.ts';

/** Memory, history and actions must not grow with the number of documents. */
export const collectFlat: Bench = {
  name: 'collect-flat',
  summary: 'Few documents against many: memory, events and history stay flat.',
  run,
};

const ROWS = 200_000;
const QUICK_ROWS = 8000;

interface Sizes {
  readonly small: number;
  readonly fresh: number;
  readonly unchanged: number;
}

async function run(options: BenchOptions): Promise<Report> {
  const { say } = options;
  const sizes = sizesOf(options);
  await using stage = await openStage(say);
  await prepare(stage, sizes);
  const runs: Run[] = [];
  for (const source of ['small', 'fresh'] as const) {
    say(`collecting new documents: ${sizes[source]}`);
    runs.push(await measured(stage, source, 'new'));
  }
  say('the same with the bare loop');
  const peers = [await peerPeak(stage, 'small'), await peerPeak(stage, 'fresh')] as const;
  await forgetCollections(stage);
  await fillManifest(stage);
  for (const source of ['small', 'unchanged'] as const) {
    say(`collecting unchanged documents: ${sizes[source]}`);
    runs.push(await measured(stage, source, 'unchanged'));
  }
  return report(stage, sizes, runs, peers);
}

const SOURCES = ['small', 'fresh', 'unchanged'] as const;
type Source = (typeof SOURCES)[number];

/** New documents cost two PUTs each, so that all of them would take minutes; the unchanged run takes them all. */
function sizesOf({ quick, rows: wanted }: BenchOptions): Sizes {
  const rows = wanted ?? (quick ? QUICK_ROWS : ROWS);
  return { small: Math.ceil(rows / 20), fresh: Math.ceil(rows / 4), unchanged: rows };
}

async function prepare(stage: Stage, sizes: Sizes): Promise<void> {
  await fillSourceTable(stage.sources, sizes.unchanged);
  for (const source of SOURCES) await limitedView(stage.sources, source, sizes[source]);
  await applySources(
    stage,
    SOURCES.map((source) => benchSource(source, source)),
  );
}

async function fillManifest(stage: Stage): Promise<void> {
  const filler = await startWorker(stage, { discard: true });
  try {
    await collect(stage, filler, 'small');
    await collect(stage, filler, 'unchanged');
  } finally {
    await filler.stop();
  }
}

interface Run {
  readonly source: Source;
  readonly kind: 'new' | 'unchanged';
  readonly counted: CountedRun;
  readonly peakMegabytes: number;
}

/** In a process of its own, because memory that was once taken is seldom given back. */
async function measured(stage: Stage, source: Source, kind: Run['kind']): Promise<Run> {
  const worker = await startWorker(stage);
  try {
    resetPeakMemory(worker.pid);
    const counted = await collectCounted(stage, worker, source);
    return { source, kind, counted, peakMegabytes: peakMemoryMegabytes(worker.pid) };
  } finally {
    await worker.stop();
  }
}

async function peerPeak(stage: Stage, source: Source): Promise<number> {
  const loops = await startLoops(stage);
  try {
    const provenance = await provenanceOf(stage, source);
    resetPeakMemory(loops.pid);
    await loops.run({ kind: 'sdk', table: source, provenance });
    return peakMemoryMegabytes(loops.pid);
  } finally {
    await loops.stop();
  }
}

const MAX_EXTRA_MEGABYTES = 64;
const MAX_EVENTS = 25;
const MAX_HISTORY_BYTES = 65_536;

function report(
  { servers }: Stage,
  sizes: Sizes,
  runs: readonly Run[],
  [peerSmall, peerFresh]: readonly [number, number],
): Report {
  const extra = (kind: Run['kind']): number => {
    const [small, large] = runs.filter((one) => one.kind === kind);
    return (large?.peakMegabytes ?? Number.NaN) - (small?.peakMegabytes ?? Number.NaN);
  };
  const actions = runs.map(({ counted }) => counted.actions - heartbeats(counted.grpc));
  return {
    servers,
    settings: { small: sizes.small, new: sizes.fresh, unchanged: sizes.unchanged },
    goals: [
      atMost(
        `extra peak memory, ${sizes.small} to ${sizes.fresh} new documents`,
        extra('new'),
        MAX_EXTRA_MEGABYTES,
        ' MB',
      ),
      atMost(
        `extra peak memory, ${sizes.small} to ${sizes.unchanged} unchanged documents`,
        extra('unchanged'),
        MAX_EXTRA_MEGABYTES,
        ' MB',
      ),
      atMost(
        'history events of any run',
        Math.max(...runs.map(({ counted }) => counted.history.events)),
        MAX_EVENTS,
      ),
      atMost(
        'history bytes of any run',
        Math.max(...runs.map(({ counted }) => counted.history.bytes)),
        MAX_HISTORY_BYTES,
      ),
      atMost(
        'actions without heartbeats, most minus least of runs of one kind',
        spread(actions),
        0,
      ),
    ],
    figures: [
      ...runs.flatMap((one) => figuresOf(one, sizes)),
      figure(
        'peer: bare loop, same SDK client',
        `peak memory, ${sizes.small} documents`,
        peerSmall,
        'MB',
      ),
      figure(
        'peer: bare loop, same SDK client',
        `peak memory, ${sizes.fresh} documents`,
        peerFresh,
        'MB',
      ),
      figure('peer: bare loop, same SDK client', 'extra peak memory', peerFresh - peerSmall, 'MB'),
    ],
    notes: [
      `Peak memory is VmHWM after a reset, each run in a worker process of its own. New documents go up to ${sizes.fresh}, unchanged ones to ${sizes.unchanged}.`,
    ],
  };
}

/** A run with changes announces them, an unchanged one does not: each kind is compared with itself. */
function spread([
  newSmall = 0,
  newLarge = 0,
  unchangedSmall = 0,
  unchangedLarge = 0,
]: readonly number[]): number {
  return Math.max(Math.abs(newLarge - newSmall), Math.abs(unchangedLarge - unchangedSmall));
}

function figuresOf({ source, kind, counted, peakMegabytes }: Run, sizes: Sizes): readonly Figure[] {
  const group = `${sizes[source]} ${kind} documents`;
  return [
    figure(group, 'peak memory', peakMegabytes, 'MB'),
    figure(group, 'PUT requests', counted.s3.requests['PutObject'] ?? 0, 'requests'),
    figure(group, 'SQL statements', counted.statements, 'statements'),
    figure(group, 'history events', counted.history.events, 'events'),
    figure(group, 'history', counted.history.bytes, 'bytes'),
    figure(group, 'billable actions, manual start', counted.actions, 'actions'),
    figure(group, 'of which heartbeats', heartbeats(counted.grpc), 'actions'),
    figure(group, 'documents per second', sizes[source] / counted.wallSeconds, 'documents/s'),
  ];
}
