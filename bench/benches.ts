import { collectDb } from './benches/collect-db.ts';
import { collectFlat } from './benches/collect-flat.ts';
import { crawlBrowser } from './benches/crawl-browser.ts';
import { crawlHttp } from './benches/crawl-http.ts';
import { deltaNoop } from './benches/delta-noop.ts';
import { drift } from './benches/drift.ts';
import { html2md } from './benches/html2md.ts';
import { load10k } from './benches/load-10k.ts';
import { repairOrchestration } from './benches/repair-orchestration.ts';
import { replayCache } from './benches/replay-cache.ts';
import { schedules10k } from './benches/schedules-10k.ts';
import { wfOverhead } from './benches/wf-overhead.ts';
import type { Bench } from './report.ts';

/** Every bench by its name, alphabetical. */
export const benches: ReadonlyMap<string, Bench> = new Map(
  [
    collectDb,
    collectFlat,
    crawlBrowser,
    crawlHttp,
    deltaNoop,
    drift,
    html2md,
    load10k,
    repairOrchestration,
    replayCache,
    schedules10k,
    wfOverhead,
  ].map((bench) => [bench.name, bench]),
);
