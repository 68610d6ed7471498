import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { readArguments, type BenchArguments } from './arguments.ts';
import { benches } from './benches.ts';
import { currentLoad, takeFingerprint } from './fingerprint.ts';
import { printed } from './print.ts';
import type { Bench } from './report.ts';

// `npm run bench -- <name>…`: measures, prints, and keeps the result in bench/results/.

const RESULTS = join(import.meta.dirname, 'results');

try {
  await main(readArguments(argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(given: BenchArguments): Promise<void> {
  if (given.list) console.log(list());
  else if (given.help || given.names.length === 0) console.log(help());
  else for (const bench of given.names.map(benchNamed)) await runOne(bench, given);
}

function benchNamed(name: string): Bench {
  const bench = benches.get(name);
  if (bench) return bench;
  throw new Error(
    `No bench is called "${name}". Known benches: ${[...benches.keys()].join(', ')}.`,
  );
}

async function runOne(bench: Bench, { json, ...options }: BenchArguments): Promise<void> {
  const loadBefore = currentLoad();
  const report = await bench.run({ ...options, say: (line) => console.error(`  … ${line}`) });
  const { servers, document, ...found } = report;
  const fingerprint = await takeFingerprint(loadBefore, servers);
  const result = `${JSON.stringify({ bench: bench.name, quick: options.quick, ...found, ...(document ? { document } : {}), fingerprint }, null, 2)}\n`;
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, `${bench.name}-${fingerprint.date.replaceAll(/[:.]/g, '-')}.json`);
  await writeFile(file, result);
  const asked = document === undefined ? result.trimEnd() : JSON.stringify(document, null, 2);
  console.log(json ? asked : printed(bench.name, found, fingerprint));
  console.error(`Kept in "${file}".`);
}

function list(): string {
  return [...benches.values()]
    .map(({ name, summary }) => `${name.padEnd(22)}${summary}`)
    .join('\n');
}

function help(): string {
  return `Usage: npm run bench -- <name>… [options]

${list()}

  --json         print the result as JSON; it is kept in bench/results/ either way
  --quick        small sizes: the counts are exact, the times mean nothing
  --rows <n>     rows or pages of the main size (collect-db, collect-flat, crawl-…, delta-noop)
  --pairs <n>    pairs of interleaved runs; the first is dropped (collect-db, crawl-…, delta-noop, html2md)
  --samples <n>  latencies measured for each side (wf-overhead), repairs measured (repair-orchestration)
  --count <n>    repairs that wait at once (replay-cache)
  --cases <dir>  folder of cases (drift); default: the folder drift of TEST_MATERIALS
  --list         the names only, with what they measure

Peers that the product does not need are installed by hand, once: npm --prefix bench ci

Examples:
  npm run bench -- delta-noop
  npm run bench -- collect-db --pairs 20 --json`;
}
