import { sql, type RawBuilder } from 'kysely';
import type { EvidenceSide } from '../../workflows/repair/evidence-choice.ts';
import type { ExtractionTally } from '../../workflows/repair/run-summary.ts';
import type { SourceReference } from './source-state.ts';

/** What a batch adds to the evidence of its source; its objects are in S3 already. */
export interface EvidenceCommit {
  readonly crawl: string;
  readonly specDigest: string;
  /** Of the whole run so far. */
  readonly tally: ExtractionTally;
  /** The first of this run: then the tallies of old runs go. */
  readonly isFirst: boolean;
  readonly problem?: string;
  readonly pages: readonly NewEvidence[];
  /** Pages that the run found as they are kept. */
  readonly confirmed: readonly string[];
  /** Those of them that are known to be good now. */
  readonly knownGood: readonly string[];
  readonly dropped: readonly string[];
  readonly objects: readonly NewObject[];
  /** What no page needs any more; the objects are removed after the commit. */
  readonly orphans: readonly { readonly bucket: string; readonly key: string }[];
  readonly sides: readonly { readonly docHash: string; readonly side: EvidenceSide }[];
}

export interface NewEvidence {
  readonly page: string;
  readonly role: 'good' | 'failing';
  readonly docHash: string;
  readonly docId: string;
  readonly side: EvidenceSide;
  readonly bucket: string;
  readonly bodyKey: string;
  readonly valuesKey: string;
  readonly shape: string;
  readonly facts: EvidenceFacts;
}

/** Where a body came from, and what became of it. */
export interface EvidenceFacts {
  readonly url: string;
  readonly finalUrl: string;
  readonly status: number;
  readonly contentType: string;
  /** Without cookies and credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rendered: boolean;
  readonly bodySha256: string;
  readonly valuesSha256: string;
  /** The body was larger than what is kept of it; `sha256` is that of the whole, which is stored nowhere. */
  readonly cut?: { readonly droppedBytes: number; readonly sha256: string };
  readonly failure?: string;
  readonly detail?: string;
  /** Required fields that were missing, sorted; the list of records is the empty text. */
  readonly fields?: readonly string[];
  readonly group?: string;
}

export interface NewObject {
  readonly bucket: string;
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** However long a source has failed, what it was before is the measure of its repair. */
const KEPT_GOOD_TALLIES = 30;
const KEPT_TALLIES = 60;

/** Parts of the one statement that commits a batch: each waits for `claim`, so that a zombie changes nothing. */
export function evidenceParts(
  { tenant, source, run }: SourceReference & { readonly run: string },
  commit: EvidenceCommit | undefined,
): RawBuilder<unknown> {
  if (commit === undefined) return sql``;
  const { crawl, specDigest, tally, isFirst, problem = null } = commit;
  const confirmed = sql`(array[${run}::text] || array_remove(p.confirmed, ${run}))[1:5]`;
  return sql`, tally as (
      insert into run_tallies as t (run, tenant, source, crawl, spec_digest, tally, problem)
      select ${run}, ${tenant}, ${source}, ${crawl}, ${specDigest}, ${JSON.stringify(tally)}::jsonb, ${problem}
      where exists (select 1 from claim)
      on conflict (run) do update set crawl = excluded.crawl, spec_digest = excluded.spec_digest, tally = excluded.tally,
        problem = coalesce(excluded.problem, t.problem), updated_at = clock_timestamp()
    ), tallies_old as (
      delete from run_tallies where ${isFirst} and tenant = ${tenant} and source = ${source} and exists (select 1 from claim)
        and run in (select o.run from run_tallies o where o.tenant = ${tenant} and o.source = ${source}
          order by o.created_at desc offset ${KEPT_TALLIES})
        and run not in (select g.run from run_tallies g join runs r on r.id = g.run where g.tenant = ${tenant} and g.source = ${source}
          and r.status in ('succeeded', 'partial') order by g.created_at desc limit ${KEPT_GOOD_TALLIES})
    ), evidence_new as (
      insert into evidence_pages as p (tenant, source, page, role, doc_hash, doc_id, run, confirmed, side, bucket, body_key, values_key,
        shape, spec_digest, facts)
      select ${tenant}, ${source}, r.page, r.role, r."docHash", r."docId", ${run}, array[${run}::text], r.side, r.bucket, r."bodyKey",
        r."valuesKey", r.shape, ${specDigest}, r.facts
      from jsonb_to_recordset(${JSON.stringify(commit.pages)}::jsonb) as r(page text, role text, "docHash" text, "docId" text, side text,
        bucket text, "bodyKey" text, "valuesKey" text, shape text, facts jsonb)
      where exists (select 1 from claim)
      on conflict (tenant, source, page) do update set confirmed = ${confirmed}, confirmed_at = clock_timestamp()
    ), evidence_confirmed as (
      update evidence_pages p set confirmed = ${confirmed}, confirmed_at = clock_timestamp(),
        known_good = p.known_good or p.page = any(${[...commit.knownGood]}::text[])
      where p.tenant = ${tenant} and p.source = ${source} and p.page = any(${[...commit.confirmed]}::text[])
        and exists (select 1 from claim)
    ), evidence_dropped as (
      delete from evidence_pages where tenant = ${tenant} and source = ${source} and page = any(${[...commit.dropped]}::text[])
        and exists (select 1 from claim)
    ), evidence_stored as (
      insert into evidence_objects (tenant, source, bucket, key, sha256, bytes)
      select ${tenant}, ${source}, r.bucket, r.key, r.sha256, r.bytes
      from jsonb_to_recordset(${JSON.stringify(commit.objects)}::jsonb) as r(bucket text, key text, sha256 text, bytes bigint)
      where exists (select 1 from claim)
      on conflict (tenant, source, bucket, key) do update set removing = false
    ), evidence_orphans as (
      update evidence_objects o set removing = true
      from jsonb_to_recordset(${JSON.stringify(commit.orphans)}::jsonb) as r(bucket text, key text)
      where o.tenant = ${tenant} and o.source = ${source} and o.bucket = r.bucket and o.key = r.key and exists (select 1 from claim)
    ), evidence_split as (
      insert into evidence_sides (tenant, source, doc_hash, side)
      select ${tenant}, ${source}, r."docHash", r.side
      from jsonb_to_recordset(${JSON.stringify(commit.sides)}::jsonb) as r("docHash" text, side text)
      where exists (select 1 from claim)
      on conflict (tenant, source, doc_hash) do nothing
    )`;
}
