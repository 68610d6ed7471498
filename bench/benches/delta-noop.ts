import { interleaved } from '../measure/pairs.ts';
import { median, medianRatio } from '../measure/statistics.ts';
import {
  atMost,
  countFigures,
  figure,
  ratioFigure,
  type Bench,
  type BenchOptions,
  type Report,
} from '../report.ts';
import {
  applySources,
  collect,
  collectCounted,
  provenanceOf,
  requestedSyncs,
  settleSync,
  type CountedRun,
} from '../stage/collect.ts';
import { benchSource } from '../stage/definition.ts';
import { startLoops } from '../stage/loops.ts';
import type { Program } from '../stage/programs.ts';
import { fillSourceTable, limitedView } from '../stage/source-table.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { startWorker } from '../stage/worker.ts';

/** A second run over unchanged documents: what it must not do, what it costs, and how near it comes to a bare loop. */
export const deltaNoop: Bench = {
  name: 'delta-noop',
  summary: 'A second run over unchanged documents: 0 PUTs, 0 jobs.',
  run,
};

const ROWS = 200_000;
const QUICK_ROWS = 3000;
/** The ratio is taken of many short pairs rather than of few long ones. */
const PAIR_ROWS = 20_000;
const PAIRS = 10;
const QUICK_PAIRS = 2;

async function run(options: BenchOptions): Promise<Report> {
  const { quick, say } = options;
  const rows = options.rows ?? (quick ? QUICK_ROWS : ROWS);
  const pairs = options.pairs ?? (quick ? QUICK_PAIRS : PAIRS);
  const pairRows = Math.min(rows, quick ? 1000 : PAIR_ROWS);
  await using stage = await openStage(say);
  say(`filling a table of ${rows} rows, and the manifest from it`);
  await fillSourceTable(stage.sources, rows);
  await limitedView(stage.sources, 'some_articles', pairRows);
  await applySources(stage, [benchSource('all', 'articles'), benchSource('some', 'some_articles')]);
  await fillManifest(stage);
  const worker = await startWorker(stage);
  try {
    await collect(stage, worker, 'some');
    await settleSync(stage);
    say(`collecting ${rows} unchanged documents`);
    const counted = await collectCounted(stage, worker, 'all');
    const jobs = await requestedSyncs(stage);
    say(`${pairs} pairs of ${pairRows} documents beside the bare loop`);
    const compared = await comparePairs(stage, worker, pairs);
    return report({ servers: stage.servers, rows, pairs, pairRows, counted, jobs, compared });
  } finally {
    await worker.stop();
  }
}

async function fillManifest(stage: Stage): Promise<void> {
  const filler = await startWorker(stage, { discard: true });
  try {
    await collect(stage, filler, 'all');
    await collect(stage, filler, 'some');
  } finally {
    await filler.stop();
  }
}

interface Costs {
  readonly documents: number;
  readonly cpuSeconds: number;
}

async function comparePairs(stage: Stage, worker: Program, pairs: number) {
  const loops = await startLoops(stage);
  const provenance = await provenanceOf(stage, 'some');
  try {
    return await interleaved<Costs>(
      pairs,
      async () => {
        const { outcome, cpuSeconds } = await collect(stage, worker, 'some');
        return { documents: outcome.counts.unchanged, cpuSeconds };
      },
      async () => {
        const { documents, different, cpuSeconds } = await loops.run({
          kind: 'compare',
          table: 'some_articles',
          provenance,
        });
        if (different > 0)
          throw new Error(
            `The loop finds ${different} of ${documents} documents changed. The bench is void.`,
          );
        return { documents, cpuSeconds };
      },
    );
  } finally {
    await loops.stop();
  }
}

interface Found {
  readonly servers: Report['servers'];
  readonly rows: number;
  readonly pairs: number;
  readonly pairRows: number;
  readonly counted: CountedRun;
  readonly jobs: number;
  readonly compared: Awaited<ReturnType<typeof comparePairs>>;
}

function report({ servers, rows, pairs, pairRows, counted, jobs, compared }: Found): Report {
  const { counts } = counted.outcome;
  if (counts.unchanged !== rows)
    throw new Error(`Of ${rows} documents ${counts.unchanged} were unchanged. The bench is void.`);
  const puts = counted.s3.requests['PutObject'] ?? 0;
  const perThousand = (counted.statements / rows) * 1000;
  const rate = (side: 'a' | 'b'): number =>
    median(compared.map((pair) => pair[side].documents / pair[side].cpuSeconds));
  const ratios = compared.map(
    ({ a, b }) => a.documents / a.cpuSeconds / (b.documents / b.cpuSeconds),
  );
  return {
    servers,
    settings: { rows, pairs, 'rows a pair': pairRows },
    goals: [
      atMost('PUT requests', puts, 0),
      atMost('ingestion jobs asked for', jobs, 0),
      atMost('SQL statements per 1,000 documents', perThousand, 4),
      atMost('history events', counted.history.events, 25),
      atMost('history bytes', counted.history.bytes, 65_536),
    ],
    figures: [
      ...countFigures('requests to S3 and Bedrock', counted.s3.requests, 'requests'),
      figure('counts', 'SQL statements', counted.statements, 'statements'),
      figure('counts', 'history events', counted.history.events, 'events'),
      figure('counts', 'history', counted.history.bytes, 'bytes'),
      figure('counts', 'workflow tasks', counted.history.workflowTasks, 'tasks'),
      figure('counts', 'billable actions, manual start', counted.actions, 'actions'),
      ...countFigures('worker requests to Temporal', counted.grpc, 'requests'),
      figure('time', 'documents per second', rows / counted.wallSeconds, 'documents/s'),
      figure('time', 'documents per CPU-second', rows / counted.cpuSeconds, 'documents/CPU-s'),
      figure('beside the bare hash-and-compare loop', 'Wellspring', rate('a'), 'documents/CPU-s'),
      figure('beside the bare hash-and-compare loop', 'bare loop', rate('b'), 'documents/CPU-s'),
      ratioFigure('beside the bare hash-and-compare loop', 'ratio', medianRatio(ratios)),
    ],
    notes: [
      'The manifest is filled by a run of the product whose uploads are discarded; the run that is measured reads every row again.',
    ],
  };
}
