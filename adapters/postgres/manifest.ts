import { sql } from 'kysely';
import type { RunCounts } from '../../workflows/collection/counts.ts';
import { crawlParts, type CrawlCommit } from './crawl-commit.ts';
import { encodeCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { letterParts } from './dead-letters.ts';
import { evidenceParts, type EvidenceCommit } from './evidence-commit.ts';
import type { SourceReference } from './source-state.ts';
import type { DocumentState } from './tables.ts';

/** What the manifest knows of one document and the next decision needs. */
export interface ManifestRow {
  readonly hash: string;
  readonly state: DocumentState;
  readonly bucket: string;
  readonly key: string;
  readonly contentHash: string | null;
  readonly metaHash: string | null;
  readonly contentEtag: string | null;
  readonly sidecarEtag: string | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly modifiedAt: Date | null;
  /** Since it is there; what was deleted and came back begins anew. */
  readonly firstSeen: Date;
  readonly lastChanged: Date | null;
  readonly configSig: string | null;
  readonly lastSeenRun: string | null;
  /** Runs in a row that could not store what the source has now; 0 when what is stored is what it had. */
  readonly failCount: number;
  /** Why what the source has now is not what is stored. */
  readonly failure: string | null;
  /** Size of the stored content. */
  readonly bytes: number;
  /** A person has accepted that the text is as small as this. */
  readonly acceptedBytes: number | null;
}

/** The rows of the given documents, by hash; unknown ones are missing. */
export async function readManifest(
  db: Database,
  { tenant, source }: SourceReference,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, ManifestRow>> {
  if (hashes.length === 0) return new Map();
  const { rows } = await sql<ManifestRow>`
    select hash, state, bucket, key, content_hash as "contentHash", meta_hash as "metaHash", content_etag as "contentEtag",
      sidecar_etag as "sidecarEtag", etag, last_modified as "lastModified", modified_at as "modifiedAt",
      first_seen as "firstSeen", last_changed as "lastChanged", config_sig as "configSig", last_seen_run as "lastSeenRun", fail_count as "failCount",
      failure, bytes, accepted_bytes as "acceptedBytes"
    from documents
    where tenant = ${tenant} and source = ${source} and hash = any(${hashes}::text[])`.execute(db);
  return new Map(rows.map((row) => [row.hash, row]));
}

/** Which of the given documents this run has put among the dead letters already: a retried attempt must not count them again. */
export async function deadLettersOfRun(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
  hashes: readonly string[],
): Promise<ReadonlySet<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await db
    .selectFrom('dead_letters')
    .select('hash')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('run', '=', run)
    .where('hash', '=', sql<string>`any(${hashes}::text[])`)
    .execute();
  return new Set(rows.map((row) => row.hash));
}

/** A document whose objects are in S3 now. */
export interface StoredDocument {
  readonly hash: string;
  readonly docId: string;
  readonly bucket: string;
  readonly key: string;
  readonly contentHash: string;
  readonly metaHash: string;
  readonly configSig: string;
  readonly contentEtag: string;
  readonly sidecarEtag: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly title?: string;
  readonly url?: string;
  readonly modifiedAt?: string;
  readonly bytes: number;
  readonly notes: readonly string[];
  readonly contentChanged: boolean;
}

/** Read and equal, or listed only. */
export interface SeenDocument {
  readonly hash: string;
  /** With what it was read; absent where it was listed only, which cures no earlier failure. */
  readonly configSig?: string;
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface FailedDocument {
  readonly hash: string;
  readonly docId?: string;
  readonly failure: string;
  readonly detail: string;
  /** It was not tried: the same input was refused before, and is not due yet. */
  readonly deferred?: true;
  /** Where the input can be looked at, and its hashes, where it was read and then refused. */
  readonly inputRef?: string;
  readonly inputSha256?: string;
  readonly inputMetaSha256?: string;
  readonly configSig?: string;
}

/** Read well, but its text is suspiciously short: what is stored stays. */
export interface HeldDocument {
  readonly hash: string;
  /** A whole sentence with both sizes. */
  readonly detail: string;
  /** Size of what was held back. */
  readonly bytes: number;
}

export interface GoneDocument {
  readonly hash: string;
  readonly why: string;
  /** 1 for a tentative sighting, 2 for a sure one. */
  readonly weight: 1 | 2;
}

export interface Batch extends SourceReference {
  readonly run: string;
  readonly fence: number;
  readonly listing: number;
  readonly startedAt: Date;
  /** Committed with the rows; `undefined` leaves the stored one. */
  readonly cursor?: unknown;
  /** What a crawl changed up to that cursor. */
  readonly crawl?: CrawlCommit | undefined;
  /** What was witnessed of its pages up to that cursor. */
  readonly evidence?: EvidenceCommit | undefined;
  readonly stored: readonly StoredDocument[];
  readonly seen: readonly SeenDocument[];
  readonly failed: readonly FailedDocument[];
  readonly held: readonly HeldDocument[];
  readonly gone: readonly GoneDocument[];
  readonly staleObjects: readonly { readonly bucket: string; readonly key: string }[];
  /** What this batch adds to the totals of the run. */
  readonly counts: RunCounts;
  /** Marked dirty when something changed. */
  readonly target: {
    readonly id: string;
    readonly knowledgeBaseId: string;
    readonly dataSourceId: string;
  };
  readonly changed: boolean;
}

/**
 * Commits one batch in one statement: rows, dead letters, cursor, totals of the run and the mark of the sync appear together or not at all.
 * Returns false, and changes nothing, when a newer attempt has claimed the source.
 */
export async function commitBatch(db: Database, batch: Batch): Promise<boolean> {
  const { tenant, source, run, fence, listing, startedAt } = batch;
  const cursor = batch.cursor === undefined ? null : encodeCursor(batch.cursor);
  const { rows } = await sql<{ held: boolean }>`
    with claim as (
      update source_state set cursor = case when ${batch.cursor !== undefined} then ${cursor}::jsonb else cursor end
      where tenant = ${tenant} and source = ${source} and fence = ${fence}
      returning 1
    ), stored as (
      insert into documents as d (tenant, source, hash, doc_id, bucket, key, state, content_hash, meta_hash, config_sig, content_etag,
        sidecar_etag, etag, last_modified, title, url, modified_at, bytes, notes, first_seen, last_changed, last_seen_listing, last_seen_run)
      select ${tenant}, ${source}, r.hash, r."docId", r.bucket, r.key, 'live', r."contentHash", r."metaHash", r."configSig", r."contentEtag",
        r."sidecarEtag", r.etag, r."lastModified", r.title, r.url, r."modifiedAt", r.bytes, r.notes, ${startedAt}, ${startedAt},
        ${listing}::bigint, ${run}
      from jsonb_to_recordset(${JSON.stringify(batch.stored)}::jsonb) as r(hash text, "docId" text, bucket text, key text, "contentHash" text,
        "metaHash" text, "configSig" text, "contentEtag" text, "sidecarEtag" text, etag text, "lastModified" text, title text, url text,
        "modifiedAt" timestamptz, bytes bigint, notes jsonb, "contentChanged" boolean)
      where exists (select 1 from claim)
      on conflict (tenant, source, hash) do update set doc_id = excluded.doc_id, bucket = excluded.bucket, key = excluded.key, state = 'live',
        content_hash = excluded.content_hash, meta_hash = excluded.meta_hash, config_sig = excluded.config_sig,
        content_etag = excluded.content_etag, sidecar_etag = excluded.sidecar_etag, etag = excluded.etag,
        last_modified = excluded.last_modified, title = excluded.title, url = excluded.url, modified_at = excluded.modified_at,
        bytes = excluded.bytes, notes = excluded.notes,
        first_seen = case when d.state = 'deleted' then excluded.first_seen else d.first_seen end,
        last_changed = case when d.content_hash is distinct from excluded.content_hash then excluded.last_changed else d.last_changed end,
        last_seen_listing = excluded.last_seen_listing, last_seen_run = excluded.last_seen_run,
        gone_count = 0, gone_why = null, fail_count = 0, failure = null, failure_detail = null, held_bytes = null, accepted_bytes = null
    ), seen as (
      update documents d set last_seen_listing = ${listing}::bigint, last_seen_run = ${run}, gone_count = 0, gone_why = null,
        fail_count = case when r."configSig" is null then d.fail_count else 0 end,
        failure = case when r."configSig" is null then d.failure end,
        failure_detail = case when r."configSig" is null then d.failure_detail end,
        held_bytes = case when r."configSig" is null then d.held_bytes end,
        accepted_bytes = case when r."configSig" is null then d.accepted_bytes end,
        config_sig = coalesce(r."configSig", d.config_sig), etag = coalesce(r.etag, d.etag),
        last_modified = coalesce(r."lastModified", d.last_modified)
      from jsonb_to_recordset(${JSON.stringify(batch.seen)}::jsonb) as r(hash text, "configSig" text, etag text, "lastModified" text)
      where d.tenant = ${tenant} and d.source = ${source} and d.hash = r.hash and exists (select 1 from claim)
    ), failed_rows as (
      select * from jsonb_to_recordset(${JSON.stringify(batch.failed)}::jsonb) as r(hash text, "docId" text, failure text, detail text,
        deferred boolean, "inputRef" text, "inputSha256" text, "inputMetaSha256" text, "configSig" text)
      where exists (select 1 from claim)
    ), failed as (
      update documents d set last_seen_listing = ${listing}::bigint, last_seen_run = ${run}, fail_count = d.fail_count + 1,
        failure = r.failure, failure_detail = r.detail
      from failed_rows r where d.tenant = ${tenant} and d.source = ${source} and d.hash = r.hash
    ), held_back as (
      -- It counts as a failure, so that its validators are not used: the next run has to read it again.
      update documents d set last_seen_listing = ${listing}::bigint, last_seen_run = ${run}, gone_count = 0, gone_why = null,
        fail_count = d.fail_count + 1, failure = 'ContentShrank', failure_detail = r.detail, held_bytes = r.bytes
      from jsonb_to_recordset(${JSON.stringify(batch.held)}::jsonb) as r(hash text, detail text, bytes bigint)
      where d.tenant = ${tenant} and d.source = ${source} and d.hash = r.hash and exists (select 1 from claim)
    )${letterParts(batch)}, gone as (
      update documents d set gone_count = d.gone_count + r.weight, gone_why = r.why, last_seen_run = ${run}
      from jsonb_to_recordset(${JSON.stringify(batch.gone)}::jsonb) as r(hash text, why text, weight integer)
      where d.tenant = ${tenant} and d.source = ${source} and d.hash = r.hash and exists (select 1 from claim)
        and (d.gone_count = 0 or d.last_seen_run is distinct from ${run})
    ), stale as (
      insert into stale_objects (bucket, key, tenant, source)
      select r.bucket, r.key, ${tenant}, ${source} from jsonb_to_recordset(${JSON.stringify(batch.staleObjects)}::jsonb) as r(bucket text, key text)
      where exists (select 1 from claim)
      on conflict do nothing
    ), totals as (
      update runs set updated_at = now(), counts = (
          select coalesce(jsonb_object_agg(key, total), '{}'::jsonb) from (
            select key, sum(value::bigint) as total
            from (select * from jsonb_each_text(counts) union all select * from jsonb_each_text(${JSON.stringify(batch.counts)}::jsonb)) as both_sides
            group by key) as summed)
      where id = ${run} and exists (select 1 from claim)
    ), dirty as (
      insert into knowledge_base_state as k (id, knowledge_base_id, data_source_id, dirty_since, changed_at)
      select ${batch.target.id}, ${batch.target.knowledgeBaseId}, ${batch.target.dataSourceId}, clock_timestamp(), clock_timestamp()
      where ${batch.changed} and exists (select 1 from claim)
      on conflict (knowledge_base_id, data_source_id) do update
        set dirty_since = coalesce(k.dirty_since, excluded.dirty_since), changed_at = excluded.changed_at, id = excluded.id
    )${crawlParts(batch, batch.crawl)}${evidenceParts(batch, batch.evidence)}
    select exists (select 1 from claim) as held`.execute(db);
  return rows[0]?.held === true;
}
