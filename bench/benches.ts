import { collectDb } from './benches/collect-db.ts';
import { collectFlat } from './benches/collect-flat.ts';
import { deltaNoop } from './benches/delta-noop.ts';
import { wfOverhead } from './benches/wf-overhead.ts';
import type { Bench } from './report.ts';

/** Every bench by its name, alphabetical. */
export const benches: ReadonlyMap<string, Bench> = new Map(
  [collectDb, collectFlat, deltaNoop, wfOverhead].map((bench) => [bench.name, bench]),
);
