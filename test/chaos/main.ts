import { parseArgs } from 'node:util';
import { reachLoopbackDirectly } from '../../local/config.ts';
import { findFaketime } from '../../local/tools/faketime.ts';
import { toolSearch } from '../set-up/tools.ts';
import { FAULTS } from './faults/index.ts';
import { runFault, type ChaosReport, type Verdict } from './harness.ts';
import { openStage } from './stage.ts';

// The program behind `npm run chaos`: faults by seeds, one after the other, each judged by the checker.

const USAGE = `Usage: npm run chaos -- [--seeds 20] [--seed 7] [--fault F6]... [--json]
  --seeds N   how many seeds of each fault (default 1)
  --seed N    the first of them (default 1); with --seeds 1, exactly this one
  --fault F   only this fault; may be repeated
  --json      one JSON report a line on standard output
Faults: ${FAULTS.map(({ id, title }) => `\n  ${id.padEnd(4)} ${title}`).join('')}`;

const MARKS: Readonly<Record<Verdict, string>> = {
  passed: '✓',
  violated: '✗',
  void: '?',
  skipped: '-',
};

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const unknown = values.fault.filter((id) => !FAULTS.some((fault) => fault.id === id));
const [seeds, first] = [Number(values.seeds), Number(values.seed)];
if (values.help) console.log(USAGE);
else if (unknown.length > 0 || !(seeds >= 1) || !Number.isInteger(first)) {
  const what = unknown.length > 0 ? `"${unknown[0]}" is no fault.` : 'A seed is a whole number.';
  console.error(`${what}\n${USAGE}`);
  process.exitCode = 2;
}
// Not by itself: Node 24 waits for ever for requests on connections that were reset under them.
else process.exit(await runAll());

/** Every violated or void run fails the whole. */
async function runAll(): Promise<number> {
  reachLoopbackDirectly();
  const chosen = FAULTS.filter(({ id }) => values.fault.length === 0 || values.fault.includes(id));
  const verdicts: Verdict[] = [];
  // Without it the faults of clocks are skipped, with that reason.
  await findFaketime(toolSearch(true)).catch((error: Error) => console.error(error.message));
  await using stage = await openStage();
  for (let seed = first; seed < first + seeds; seed += 1) {
    for (const fault of chosen) {
      const report = await runFault(stage, fault, seed);
      verdicts.push(report.verdict);
      console.log(values.json ? JSON.stringify(report) : describe(report));
    }
  }
  const counts = Object.entries(Object.groupBy(verdicts, (verdict) => verdict));
  console.error(counts.map(([verdict, all]) => `${all.length} ${verdict}`).join(', '));
  return verdicts.every((verdict) => verdict === 'passed' || verdict === 'skipped') ? 0 : 1;
}

function describe(report: ChaosReport): string {
  const { fault, title, seed, verdict, observed, violations, script, reason, tookMs } = report;
  const head = `${MARKS[verdict]} ${fault} seed ${seed}: ${verdict}, ${Math.round(tookMs / 1000)} s – ${title}`;
  if (reason !== undefined) return `${head}\n    ${reason}`;
  const seen = Object.entries(observed).map(([what, count]) => `${count} ${what}`);
  if (verdict === 'passed') return `${head}\n    ${seen.join(', ')}`;
  return [
    head,
    `    again: npm run chaos -- --fault ${fault} --seed ${seed}`,
    ...script.map((step, at) => `    ${at + 1}. ${step}`),
    `    seen: ${seen.join(', ')}`,
    ...violations.map(({ of, says }) => `    ${of}: ${says}`),
  ].join('\n');
}
