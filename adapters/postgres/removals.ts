import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference, SyncedTarget } from './source-state.ts';

/** A live document that the source no longer has. */
export interface Candidate {
  readonly hash: string;
  readonly docId: string;
  readonly title: string | null;
  readonly bucket: string;
  readonly key: string;
  /** Of the versions that the deletion is about; null where they are not known. */
  readonly contentEtag: string | null;
  readonly sidecarEtag: string | null;
  /** Which rule named it, for the record of the deletion. */
  readonly rule: string;
  /** An earlier attempt has begun to delete it: some of its objects may be gone. */
  readonly interrupted: boolean;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Documents that are live now, the candidates included. */
  readonly live: number;
  /** Those of the live ones that the run has found for the first time. */
  readonly added: number;
}

/**
 * Documents to delete: half-deleted ones of an earlier attempt, explicit removals, and, after a complete listing only, what it did not show.
 * Sorted by hash, so that a digest over them is stable.
 */
export async function findCandidates(
  db: Database,
  { tenant, source, startedAtMs }: SourceReference & { readonly startedAtMs: number },
  listingComplete: boolean,
): Promise<Candidates> {
  const { rows } = await sql<Candidate>`
    select d.hash, d.doc_id as "docId", d.title, d.bucket, d.key, d.content_etag as "contentEtag", d.sidecar_etag as "sidecarEtag",
      case when d.state = 'deleting' then 'finish a deletion that was interrupted'
        when d.gone_count >= 2 then 'removed at the source: ' || coalesce(d.gone_why, '')
        else 'missing from a complete listing' end as rule, d.state = 'deleting' as interrupted
    from documents d join source_state s on s.tenant = d.tenant and s.source = d.source
    where d.tenant = ${tenant} and d.source = ${source} and d.state in ('live', 'deleting')
      and (d.state = 'deleting' or d.gone_count >= 2 or (${listingComplete} and d.last_seen_listing < s.listing))
    order by d.hash`.execute(db);
  const { rows: totals } = await sql<Pick<Candidates, 'live' | 'added'>>`
    select count(*)::int as live, (count(*) filter (where first_seen >= ${new Date(startedAtMs)}))::int as added
    from documents where tenant = ${tenant} and source = ${source} and state in ('live', 'deleting')`.execute(
    db,
  );
  return { candidates: rows, ...(totals[0] ?? { live: 0, added: 0 }) };
}

export interface DeletionMark extends SourceReference {
  /** The run that deletes: when another one has claimed the source since, nothing is marked. */
  readonly run: string;
  readonly hashes: readonly string[];
  readonly listingComplete: boolean;
}

/**
 * First step of a deletion: the row says so before an object goes, so that a crash leaves something to finish. Returns the hashes that
 * may go: what was seen again since it was named, or belongs to a newer run, is left out.
 */
export async function markDeleting(
  db: Database,
  { tenant, source, run, hashes, listingComplete }: DeletionMark,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ hash: string }>`
    update documents d set state = 'deleting'
    from (select tenant, source, listing from source_state
      where tenant = ${tenant} and source = ${source} and run = ${run} for share) s
    where d.tenant = s.tenant and d.source = s.source and d.hash = any(${hashes}::text[])
      and (d.state = 'deleting' or (d.state = 'live'
        and (d.gone_count >= 2 or (${listingComplete} and d.last_seen_listing < s.listing))))
    returning d.hash`.execute(db);
  return new Set(rows.map(({ hash }) => hash));
}

export interface DeletionRecord extends SourceReference {
  readonly run: string;
  /** False for a run that has ended: its totals stay what they were. */
  readonly counted: boolean;
  readonly deleted: readonly Pick<Candidate, 'hash' | 'docId' | 'key' | 'rule'>[];
  readonly target: SyncedTarget;
}

/** Last step: rows become `deleted`, each deletion leaves a record, the totals of the run and the mark of the sync follow. One statement. */
export async function recordDeletions(
  db: Database,
  { tenant, source, run, counted, deleted, target }: DeletionRecord,
): Promise<void> {
  await sql`
    with gone as (
      select * from jsonb_to_recordset(${JSON.stringify(deleted)}::jsonb) as r(hash text, "docId" text, key text, rule text)
    ), marked as (
      -- The ETags stay: what comes back must not have the one that a late deletion may still be after.
      update documents d set state = 'deleted'
      from gone where d.tenant = ${tenant} and d.source = ${source} and d.hash = gone.hash and d.state = 'deleting'
      returning d.hash, d.doc_id, d.key, gone.rule
    ), recorded as (
      insert into deletions (tenant, source, hash, doc_id, key, run, rule)
      select ${tenant}, ${source}, hash, doc_id, key, ${run}, rule from marked
    ), letters as (
      delete from dead_letters where tenant = ${tenant} and source = ${source} and hash in (select hash from marked)
    ), totals as (
      update runs set updated_at = now(),
        counts = counts || jsonb_build_object('deleted', coalesce((counts->>'deleted')::bigint, 0) + (select count(*) from marked))
      where id = ${run} and ${counted}
    )
    ${markTargets({ tenant, source, target })}`.execute(db);
}

export interface StaleObject {
  readonly bucket: string;
  readonly key: string;
}

/** A document may have moved back in the meantime: what a live row names is not stale. None for a run that a newer one has overtaken. */
export async function findStaleObjects(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<readonly StaleObject[]> {
  const { rows } = await sql<StaleObject>`
    select o.bucket, o.key from stale_objects o
    join source_state s on s.tenant = o.tenant and s.source = o.source and s.run = ${run}
    where o.tenant = ${tenant} and o.source = ${source} and not exists (
      select 1 from documents d where d.tenant = o.tenant and d.source = o.source and d.bucket = o.bucket and d.key = o.key and d.state = 'live')
    order by o.key`.execute(db);
  return rows;
}

/** After they were removed: the knowledge base has to look again, for an ingestion may have met them meanwhile. */
export async function forgetStaleObjects(
  db: Database,
  { tenant, source, target }: SourceReference & { readonly target: SyncedTarget },
): Promise<void> {
  await sql`
    with forgotten as (
      delete from stale_objects where tenant = ${tenant} and source = ${source} returning 1
    )
    ${markTargets({ tenant, source, target }, sql`exists (select 1 from forgotten)`)}`.execute(db);
}

/** Marks the data source that ingests the source now, and former ones whose buckets may have held what was removed. */
function markTargets(
  { tenant, source, target }: SourceReference & { readonly target: SyncedTarget },
  condition = sql`true`,
) {
  const { id, knowledgeBaseId, dataSourceId } = target;
  const current = JSON.stringify([{ id, knowledgeBaseId, dataSourceId }]);
  return sql`
    insert into knowledge_base_state as k (id, knowledge_base_id, data_source_id, dirty_since, changed_at)
    select distinct on (t."knowledgeBaseId", t."dataSourceId") t.id, t."knowledgeBaseId", t."dataSourceId", clock_timestamp(), clock_timestamp()
    from jsonb_to_recordset(${current}::jsonb || coalesce(
      (select former_targets from source_state where tenant = ${tenant} and source = ${source}), '[]'::jsonb)) as t(id text,
      "knowledgeBaseId" text, "dataSourceId" text)
    where ${condition}
    on conflict (knowledge_base_id, data_source_id) do update
      set dirty_since = coalesce(k.dirty_since, excluded.dirty_since), changed_at = excluded.changed_at`;
}

/** After a complete listing whose removals were carried out: nothing of the source lies in former places any more. */
export async function forgetFormerTargets(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<void> {
  await db
    .updateTable('source_state')
    .set({ former_targets: '[]' })
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .execute();
}
