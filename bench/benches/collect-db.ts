import type { LoopKind } from '../loops/loop.ts';
import type { Provenance } from '../loops/document.ts';
import { interleaved, type Pair } from '../measure/pairs.ts';
import { median, medianRatio } from '../measure/statistics.ts';
import {
  atLeast,
  countFigures,
  figure,
  ratioFigure,
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
import { startLoops, type Loops } from '../stage/loops.ts';
import type { Program } from '../stage/programs.ts';
import { fillSourceTable } from '../stage/source-table.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { startWorker } from '../stage/worker.ts';

/** New documents out of a database into S3, beside a loop that does nothing but that. */
export const collectDb: Bench = {
  name: 'collect-db',
  summary: 'New documents from PostgreSQL into S3, beside a bare loop with the same client.',
  run,
};

/** Of one run. A new document costs two PUTs, about a millisecond of CPU time, and forty runs have to fit into a few minutes. */
const ROWS = 3000;
const QUICK_ROWS = 300;
const PAIRS = 10;
const QUICK_PAIRS = 2;
const LATENCIES_MS = [0, 25] as const;
const LIMIT_RUNS = 5;

async function run(options: BenchOptions): Promise<Report> {
  const { quick, say } = options;
  const rows = options.rows ?? (quick ? QUICK_ROWS : ROWS);
  const pairs = options.pairs ?? (quick ? QUICK_PAIRS : PAIRS);
  await using stage = await openStage(say);
  await fillSourceTable(stage.sources, rows);
  await applySources(stage, [benchSource(SOURCE, 'articles')]);
  const worker = await startWorker(stage);
  const loops = await startLoops(stage);
  try {
    const counted = await collectCounted(stage, worker, SOURCE);
    const side = { stage, worker, loops, rows, provenance: await provenanceOf(stage, SOURCE) };
    const measured: Measured[] = [];
    for (const latencyMs of LATENCIES_MS) {
      say(`${pairs} pairs of ${rows} documents, S3 answers after ${latencyMs} ms`);
      measured.push(await measure(side, latencyMs, pairs));
    }
    return report({ servers: stage.servers, rows, pairs, counted, measured });
  } finally {
    await loops.stop();
    await worker.stop();
  }
}

const SOURCE = 'articles';

interface Sides {
  readonly stage: Stage;
  readonly worker: Program;
  readonly loops: Loops;
  readonly rows: number;
  readonly provenance: Provenance;
}

/** What one run of one side cost and wrote. */
interface Side {
  readonly perCpuSecond: number;
  readonly perSecond: number;
  readonly digest: string;
  readonly puts: number;
}

interface Measured {
  readonly latencyMs: number;
  readonly pairs: readonly Pair<Side>[];
  readonly signer: readonly Side[];
  readonly transform: readonly Side[];
}

async function measure(sides: Sides, latencyMs: number, pairs: number): Promise<Measured> {
  const measured = await interleaved(
    pairs,
    () => collectAnew(sides, latencyMs),
    () => loop(sides, 'sdk', latencyMs),
  );
  for (const { a, b } of measured) refuseDifference(a, b, sides.rows);
  const signer = await repeated(() => loop(sides, 'signer', latencyMs));
  for (const one of signer) refuseDifference(measured[0]?.a ?? one, one, sides.rows);
  return {
    latencyMs,
    pairs: measured,
    signer,
    transform: await repeated(() => loop(sides, 'transform', latencyMs)),
  };
}

async function collectAnew({ stage, worker, rows }: Sides, latencyMs: number): Promise<Side> {
  await forgetCollections(stage);
  await stage.s3.reset(latencyMs);
  const run = await collect(stage, worker, SOURCE);
  return sideOf(stage, rows, run);
}

async function loop(
  { stage, loops, rows, provenance }: Sides,
  kind: LoopKind,
  latencyMs: number,
): Promise<Side> {
  await stage.s3.reset(latencyMs);
  const cost = await loops.run({ kind, table: 'articles', provenance });
  return sideOf(stage, rows, cost);
}

async function sideOf(
  { s3 }: Stage,
  rows: number,
  cost: { readonly wallSeconds: number; readonly cpuSeconds: number },
): Promise<Side> {
  const { digest, requests } = await s3.tally();
  return {
    perCpuSecond: rows / cost.cpuSeconds,
    perSecond: rows / cost.wallSeconds,
    digest,
    puts: requests['PutObject'] ?? 0,
  };
}

/** Times of runs that did not do the same are worth nothing. */
function refuseDifference(a: Side, b: Side, rows: number): void {
  if (a.digest === b.digest && a.puts === 2 * rows && b.puts === 2 * rows) return;
  throw new Error(
    `The two sides wrote different objects (${a.puts} and ${b.puts} PUTs, digests "${a.digest.slice(0, 12)}" and "${b.digest.slice(0, 12)}"). The bench is void.`,
  );
}

async function repeated(work: () => Promise<Side>): Promise<readonly Side[]> {
  const sides: Side[] = [];
  for (let time = 0; time < LIMIT_RUNS; time += 1) sides.push(await work());
  return sides.slice(1);
}

const GOAL = 0.95;

interface Found {
  readonly servers: Report['servers'];
  readonly rows: number;
  readonly pairs: number;
  readonly counted: CountedRun;
  readonly measured: readonly Measured[];
}

function report({ servers, rows, pairs, counted, measured }: Found): Report {
  return {
    servers,
    settings: { 'rows a run': rows, pairs },
    goals: measured.map(({ latencyMs, pairs: found }) =>
      atLeast(
        `documents per CPU-second, ratio to the peer, S3 at ${latencyMs} ms`,
        medianRatio(ratios(found)).value,
        GOAL,
      ),
    ),
    figures: [
      ...countFigures('requests to S3 and Bedrock', counted.s3.requests, 'requests'),
      figure('counts', 'SQL statements', counted.statements, 'statements'),
      figure('counts', 'history events', counted.history.events, 'events'),
      figure('counts', 'history', counted.history.bytes, 'bytes'),
      figure('counts', 'billable actions, manual start', counted.actions, 'actions'),
      ...countFigures('worker requests to Temporal', counted.grpc, 'requests'),
      ...measured.flatMap(figuresAt),
    ],
    notes: [
      `A run takes ${rows} rows of 1.5 KB and each of the ${pairs} pairs takes them anew, so that pairs can be interleaved; --rows takes more.`,
      'The peer and the limits upload as many at once as the worker (24); nothing is pinned to a core.',
    ],
  };
}

function figuresAt({ latencyMs, pairs, signer, transform }: Measured): readonly Figure[] {
  const group = `S3 at ${latencyMs} ms`;
  const of = (what: string, sides: readonly Side[]): readonly Figure[] => [
    figure(group, what, median(sides.map((one) => one.perCpuSecond)), 'documents/CPU-s'),
    figure(group, `${what}, wall clock`, median(sides.map((one) => one.perSecond)), 'documents/s'),
  ];
  return [
    ratioFigure(group, 'ratio to the peer', medianRatio(ratios(pairs))),
    ...of(
      'Wellspring',
      pairs.map(({ a }) => a),
    ),
    ...of(
      'peer: bare loop, same SDK client',
      pairs.map(({ b }) => b),
    ),
    ...of('limit: bare loop, minimal signer', signer),
    ...of('limit: read and transform only', transform),
  ];
}

function ratios(pairs: readonly Pair<Side>[]): readonly number[] {
  return pairs.map(({ a, b }) => a.perCpuSecond / b.perCpuSecond);
}
