import { expect, test } from 'vitest';
import { deltaNoop } from '../../bench/benches/delta-noop.ts';
import type { Report } from '../../bench/report.ts';

/** Opening and closing the run, its claim, its health, shape, dead letters and notices: whatever the number of documents. */
const FIXED_STATEMENTS = 27;

// /proc is where CPU time and memory are read.
test.skipIf(process.platform !== 'linux')(
  'a second run over unchanged documents stays within its budget of requests, events and statements',
  { timeout: 60_000 },
  async () => {
    const rows = 3000;

    const report = await deltaNoop.run({ quick: true, rows, say: () => undefined });

    expect(goal(report, 'PUT requests')).toBe(0);
    expect(goal(report, 'ingestion jobs asked for')).toBe(0);
    expect(report.figures.filter(({ group }) => group === 'requests to S3 and Bedrock')).toEqual(
      [],
    );
    expect(goal(report, 'history events')).toBeLessThanOrEqual(23);
    expect(goal(report, 'history bytes')).toBeLessThanOrEqual(65_536);
    expect(count(report, 'SQL statements')).toBeLessThanOrEqual(
      FIXED_STATEMENTS + (rows / 1000) * 4,
    );
  },
);

function goal({ goals }: Report, what: string): number | undefined {
  return goals.find((one) => one.what === what)?.measured;
}

function count({ figures }: Report, what: string): number | undefined {
  return figures.find((one) => one.group === 'counts' && one.what === what)?.value;
}
