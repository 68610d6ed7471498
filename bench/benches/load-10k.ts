import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { interleaved } from '../measure/pairs.ts';
import { median, medianRatio } from '../measure/statistics.ts';
import {
  atMost,
  figure,
  ratioFigure,
  type Bench,
  type BenchOptions,
  type Report,
} from '../report.ts';

/** Reading and checking the definitions of a fleet, beside a parser that does nothing but parse. */
export const load10k: Bench = {
  name: 'load-10k',
  summary: 'Definitions of ten thousand sources, read and checked by a fresh process.',
  run,
};

const SOURCES = 10_000;
const QUICK_SOURCES = 500;
const PAIRS = 10;
const QUICK_PAIRS = 2;
const MAX_RATIO = 3;

async function run({ quick, rows, pairs, say }: BenchOptions): Promise<Report> {
  const count = rows ?? (quick ? QUICK_SOURCES : SOURCES);
  const times = pairs ?? (quick ? QUICK_PAIRS : PAIRS);
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-bench-'));
  try {
    const file = join(folder, 'wellspring.yaml');
    await writeFile(file, fleet(count));
    say(`${times} pairs of fresh processes, ${count} sources`);
    const beside = async (side: string) =>
      await interleaved(
        times,
        () => once('product', file, count),
        () => once(side, file, count),
      );
    return report(count, times, await beside('js-yaml'), await beside('yaml'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Pairs = Awaited<ReturnType<typeof interleaved<number>>>;

/** CPU seconds of one reading. A process of its own each time: people and workers load once. */
async function once(side: string, file: string, count: number): Promise<number> {
  const program = fileURLToPath(new URL('../loops/load.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, side, file]);
  const { entries, cpuSeconds } = JSON.parse(stdout) as { entries: number; cpuSeconds: number };
  if (entries !== count)
    throw new Error(`"${side}" read ${entries} of ${count} sources. The bench is void.`);
  return cpuSeconds;
}

function report(count: number, times: number, fast: Pairs, slow: Pairs): Report {
  const ratio = (pairs: Pairs) => medianRatio(pairs.map(({ a, b }) => a / b));
  const beside = (side: string, pairs: Pairs) => [
    figure(`beside ${side}`, 'Wellspring', median(pairs.map(({ a }) => a)), 'CPU-s'),
    figure(`beside ${side}`, side, median(pairs.map(({ b }) => b)), 'CPU-s'),
    ratioFigure(`beside ${side}`, 'ratio', ratio(pairs)),
  ];
  return {
    servers: {},
    settings: { sources: count, pairs: times },
    goals: [atMost('CPU, ratio to js-yaml alone', ratio(fast).value, MAX_RATIO)],
    figures: [...beside('js-yaml', fast), ...beside('yaml', slow)],
    notes: [
      'Ours reads, substitutes variables, and checks envelope, schedule and config of each source; the parsers only parse.',
      'Imports are not counted on either side.',
    ],
  };
}

/** Three kinds of sources, as people write them. */
function fleet(count: number): string {
  const head = [
    'knowledgeBases:',
    '  - id: main',
    '    knowledgeBaseId: KBBENCH001',
    '    dataSourceId: DSBENCH001',
    '    bucket: wellspring-documents',
    'sources:',
  ];
  const kinds = [database, http, script];
  const entries = Array.from({ length: count }, (_, at) => kinds[at % kinds.length]?.(at) ?? []);
  return `${[...head, ...entries.flat()].join('\n')}\n`;
}

function database(at: number): readonly string[] {
  return [
    `  - id: database-${at}`,
    `    title: "Articles of shop ${at}"`,
    '    type: database',
    '    schedule: every 6 hours',
    '    config:',
    '      url: ${env:DATABASE_URL}',
    `      table: articles_${at}`,
  ];
}

function http(at: number): readonly string[] {
  return [
    `  - id: site-${at}`,
    '    type: http',
    `    schedule: "${at % 60} */6 * * *"`,
    '    category: docs',
    '    config:',
    `      urls: [https://site-${at}.example.com/docs/]`,
    '      follow:',
    '        maxDepth: 3',
    '        maxPages: 200',
  ];
}

function script(at: number): readonly string[] {
  return [
    `  - id: script-${at}`,
    '    type: script',
    '    schedule: every 1 hour',
    '    config:',
    `      command: [node, scripts/read-${at}.mjs]`,
  ];
}
