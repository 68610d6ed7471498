import { noteFindings, readGoodRuns } from '../../adapters/postgres/good-runs.ts';
import { incidentIdFor } from '../../adapters/postgres/report-failure.ts';
import { readRunSummary } from '../../adapters/postgres/run-summaries.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { RunReference } from '../../workflows/collection/activities.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import type { HeldReport, ListingReport } from '../../workflows/collection/run-status.ts';
import { HISTORY_RUNS } from '../../workflows/repair/detectors/baseline.ts';
import { detect } from '../../workflows/repair/detectors/detect.ts';
import type { Finding, KnownAnswer, RunFacts } from '../../workflows/repair/detectors/finding.ts';
import { heals } from '../../workflows/repair/incident.ts';
import { failureOf } from './failure-of.ts';

export interface EndedRead {
  readonly run: RunReference;
  readonly definition: SourceDefinition;
  /** Undefined where the source has no listing. */
  readonly listing: ListingReport | undefined;
  /** What was asked of archived bodies; nothing where nobody could look. */
  readonly known?: readonly KnownAnswer[];
}

/**
 * Compares what a read has found in its pages with earlier good runs. A finding that holds the run is reported in place of every question to
 * people about it: the incident that opens with the end of the run says more. Idempotent.
 */
export async function detectBreaks(
  { run, definition, listing, known }: EndedRead,
  db: Database,
): Promise<HeldReport | undefined> {
  const facts = await readFacts({ run, definition, listing, ...(known ? { known } : {}) }, db);
  if (!facts) return undefined;
  const findings = detect(facts);
  await noteFindings(db, { run: run.runId, findings });
  const first = findings.find(({ severity }) => severity === 'hold');
  if (!first) return undefined;
  const { run: summary, good } = facts;
  const { specDigest } = summary;
  const failure = failureOf({ run, definition, specDigest, finding: first, atMs: Date.now() });
  const incident = await incidentIdFor(db, failure);
  const found = { finding: first, digest: failure.fingerprint, incident };
  return heldReport(found, good[0]?.records ?? 0, summary.records);
}

/** What the detectors say of a run that broke off: of as much as it has read. */
export async function findBreaks(
  run: RunReference,
  definition: SourceDefinition,
  db: Database,
): Promise<readonly Finding[]> {
  const facts = await readFacts({ run, definition, listing: undefined }, db);
  return facts ? detect(facts) : [];
}

async function readFacts(
  { run, definition, listing, known }: EndedRead,
  db: Database,
): Promise<RunFacts | undefined> {
  if (!heals(definition)) return undefined;
  const summary = await readRunSummary(db, run.runId);
  if (!summary || summary.specDigest === '') return undefined;
  const { tenant, source, digest: definitionDigest } = run;
  const { specDigest } = summary;
  const lineage = { tenant, source, specDigest, definitionDigest, limit: HISTORY_RUNS };
  const good = await readGoodRuns(db, lineage);
  const listingComplete = listing?.complete ?? false;
  return { run: summary, listingComplete, good, ...(known ? { known } : {}) };
}

interface Found {
  readonly finding: Finding;
  readonly digest: string;
  readonly incident: string;
}

function heldReport(
  { finding, digest, incident }: Found,
  before: number,
  records: number,
): HeldReport {
  const { failure, because, fields } = finding;
  return {
    failure,
    reason: `${because} Nothing was deleted; what was read well is stored. "npm run cli -- repair show ${incident}" tells how it goes on.`,
    digest,
    candidates: fields.length,
    live: Math.max(before, records),
    sample: fields.slice(0, 10).map((name) => (name === '' ? 'the list of records' : name)),
    incident,
  };
}
