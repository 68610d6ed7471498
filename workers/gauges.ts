import type { Database } from '../adapters/postgres/database.ts';
import { readFreshness, type FreshnessRow } from '../adapters/postgres/freshness.ts';
import { readNoticeTotals } from '../adapters/postgres/notice-reports.ts';
import { fleetFreshness } from '../workflows/collection/freshness.ts';
import { readFleet, readSyncLags, type FleetRow } from '../adapters/postgres/fleet.ts';
import { repairGauges } from './repair-gauges.ts';

/** A scrape more often than this gets the same answer: a few statements in five seconds, however many look. */
const CACHED_MS = 5000;

/**
 * Gauges in the text format of Prometheus, computed from rows: they are right after any restart and the same on every worker.
 * Only these carry tenant and source; no label ever holds content, a token or an address.
 */
export function createGauges(db: Database): () => Promise<string> {
  let cached: { readonly text: Promise<string>; readonly untilMs: number } | undefined;
  return () => {
    if (cached && cached.untilMs > Date.now()) return cached.text;
    const text = render(db);
    const entry = { text, untilMs: Date.now() + CACHED_MS };
    cached = entry;
    // A failure is not kept: the next scrape asks again.
    text.catch(() => {
      if (cached === entry) cached = undefined;
    });
    return text;
  };
}

async function render(db: Database): Promise<string> {
  const [fleet, lags, freshness, told, repairs] = await Promise.all([
    readFleet(db),
    readSyncLags(db),
    readFreshness(db, new Date()),
    readNoticeTotals(db),
    repairGauges(db),
  ]);
  const { late, share } = fleetFreshness(freshness.map(({ state }) => state));
  return [
    ...gauge(
      'wellspring_source_last_success_timestamp_seconds',
      'End of the last good run, Unix time.',
      fleet,
      lastSuccess,
    ),
    ...gauge(
      'wellspring_source_freshness_ratio',
      'Age of the last good run divided by the period of the source.',
      freshness,
      ratio,
    ),
    ...single(
      'wellspring_fleet_freshness_ratio',
      'Share of the sources that should be fresh and are, from 0 to 1.',
      share,
    ),
    ...single('wellspring_sources_late', 'Sources that are older than they may be.', late),
    ...single('wellspring_notices_open', 'Things that people should know now.', told.open),
    ...single(
      'wellspring_notice_posts_waiting',
      'Messages to webhooks that could not be delivered yet.',
      told.waiting,
    ),
    ...single(
      'wellspring_documents_live',
      'Documents that are in S3 now.',
      sum(fleet, (row) => row.live),
    ),
    ...single(
      'wellspring_dead_letters',
      'Documents that could not be stored.',
      sum(fleet, (row) => row.deadLetters),
    ),
    ...single(
      'wellspring_held_deletions',
      'Deletions that wait for a person.',
      sum(fleet, (row) => row.held),
    ),
    '# HELP wellspring_kb_sync_lag_seconds Age of the oldest change that no ingestion job covers.',
    '# TYPE wellspring_kb_sync_lag_seconds gauge',
    ...lags.map(
      ({ knowledgeBase, lagMs }) =>
        `wellspring_kb_sync_lag_seconds{knowledge_base="${label(knowledgeBase)}"} ${lagMs / 1000}`,
    ),
    ...repairs,
    '',
  ].join('\n');
}

function gauge<Row extends Pick<FleetRow, 'tenant' | 'source'>>(
  name: string,
  help: string,
  fleet: readonly Row[],
  value: (row: Row) => number | undefined,
): string[] {
  const lines = fleet.flatMap((row) => {
    const number = value(row);
    return number === undefined
      ? []
      : [`${name}{tenant="${label(row.tenant)}",source="${label(row.source)}"} ${number}`];
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

function single(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}

function lastSuccess({ lastSuccessAt }: FleetRow): number | undefined {
  return lastSuccessAt ? lastSuccessAt.getTime() / 1000 : undefined;
}

/** Of what should be fresh and was collected once. */
function ratio({ state, lastSuccessAt, ratio: value }: FreshnessRow): number | undefined {
  if (state === 'disabled' || state === 'paused' || !lastSuccessAt) return undefined;
  return Math.round(value * 1000) / 1000;
}

function sum(fleet: readonly FleetRow[], value: (row: FleetRow) => number): number {
  return fleet.reduce((total, row) => total + value(row), 0);
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
