import { sql } from 'kysely';
import type { HeldDeletion, HeldSetReference } from '../../workflows/approval/activities.ts';
import type { Database } from './database.ts';

/** An approved set, as its deletion needs it. */
export interface ApprovedSet {
  readonly run: string;
  readonly candidates: number;
  readonly decidedBy: string | null;
  readonly decidedAt: Date;
}

/** Undefined when the set was not approved, or is not there. */
export async function readApprovedSet(
  db: Database,
  { tenant, source, digest }: HeldSetReference,
): Promise<ApprovedSet | undefined> {
  const { rows } = await sql<ApprovedSet>`
    select run, candidates, decided_by as "decidedBy", decided_at as "decidedAt" from held_sets
    where tenant = ${tenant} and source = ${source} and digest = ${digest} and state = 'approved'`.execute(
    db,
  );
  return rows[0];
}

/** A document of an approved set that may go. */
export interface GoingDocument {
  readonly hash: string;
  readonly docId: string;
  readonly bucket: string;
  readonly key: string;
  readonly contentEtag: string | null;
  readonly sidecarEtag: string | null;
}

/** One step through a set, in the order of the hashes. */
export interface HeldStep {
  /** All that were looked at, so that the next step begins behind them; empty at the end. */
  readonly hashes: readonly string[];
  /** Those that may go: their rows say `deleting` now. */
  readonly going: readonly GoingDocument[];
}

/**
 * First step of a deletion, for the next documents of an approved set: the row says so before an object goes. What the source has shown
 * since the set was held is left out, and so is what is deleted already.
 */
export async function markHeldDeleting(
  db: Database,
  {
    tenant,
    source,
    digest,
    after,
    limit,
  }: HeldSetReference & { readonly after: string; readonly limit: number },
): Promise<HeldStep> {
  const hashes = await db
    .selectFrom('held_documents')
    .select('hash')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('digest', '=', digest)
    .where('hash', '>', after)
    .orderBy('hash')
    .limit(limit)
    .execute();
  const wanted = hashes.map(({ hash }) => hash);
  const { rows } = await sql<GoingDocument>`
    update documents d set state = 'deleting' from held_sets h
    where h.tenant = ${tenant} and h.source = ${source} and h.digest = ${digest} and h.state = 'approved'
      and d.tenant = h.tenant and d.source = h.source and d.hash = any(${wanted}::text[])
      and (d.state = 'deleting' or (d.state = 'live'
        and (d.gone_count >= 2 or (h.listing_complete and d.last_seen_listing < h.listing))))
    returning d.hash, d.doc_id as "docId", d.bucket, d.key, d.content_etag as "contentEtag", d.sidecar_etag as "sidecarEtag"`.execute(
    db,
  );
  return { hashes: wanted, going: rows };
}

/** Counts what the records of deletions say under this rule, so that a repeated call tells the same, and closes the set. */
export async function endHeldDeletion(
  db: Database,
  { tenant, source, digest, rule }: HeldSetReference & { readonly rule: string },
): Promise<HeldDeletion> {
  const { rows } = await sql<HeldDeletion>`
    with counted as (
      select count(distinct x.hash) as deleted from held_sets h join deletions x on x.tenant = h.tenant and x.source = h.source
        and x.deleted_at >= h.opened_at and x.rule = ${rule} and x.run = h.run
      where h.tenant = ${tenant} and h.source = ${source} and h.digest = ${digest}
    )
    update held_sets set executed_at = coalesce(executed_at, clock_timestamp()), deleted = counted.deleted,
      dropped = candidates - counted.deleted
    from counted where tenant = ${tenant} and source = ${source} and digest = ${digest}
    returning held_sets.deleted, held_sets.dropped`.execute(db);
  return rows[0] ?? { deleted: 0, dropped: 0 };
}

export interface RemovalProbe {
  /** An ingestion that began after the deletions has completed. */
  readonly covered: boolean;
  /** Some of the documents that are deleted still, as `s3://bucket/key`. */
  readonly uris: readonly string[];
}

/** What to ask the knowledge base about: a spread sample, the same each time. */
export async function readRemovalProbe(
  db: Database,
  {
    tenant,
    source,
    digest,
    knowledgeBase,
    limit,
  }: HeldSetReference & {
    readonly knowledgeBase: { readonly knowledgeBaseId: string; readonly dataSourceId: string };
    readonly limit: number;
  },
): Promise<RemovalProbe> {
  const { knowledgeBaseId, dataSourceId } = knowledgeBase;
  const { rows } = await sql<{ covered: boolean; uris: readonly string[] }>`
    select not exists (select 1 from knowledge_base_state k
        where k.knowledge_base_id = ${knowledgeBaseId} and k.data_source_id = ${dataSourceId} and k.dirty_since <= h.executed_at) as covered,
      coalesce((select json_agg('s3://' || m.bucket || '/' || m.key) from (
        select d.bucket, d.key from held_documents m
        join documents d on d.tenant = m.tenant and d.source = m.source and d.hash = m.hash and d.state = 'deleted'
        where m.tenant = h.tenant and m.source = h.source and m.digest = h.digest
        -- Hashes are random, so the first of them are a fair sample.
        order by m.hash limit ${limit}) m), '[]'::json) as uris
    from held_sets h where h.tenant = ${tenant} and h.source = ${source} and h.digest = ${digest}`.execute(
    db,
  );
  return rows[0] ?? { covered: true, uris: [] };
}

/** Null: the knowledge base has forgotten what was asked about. */
export async function recordHeldVerification(
  db: Database,
  { tenant, source, digest, problem }: HeldSetReference & { readonly problem: string | null },
): Promise<void> {
  await db
    .updateTable('held_sets')
    .set({ problem, verified_at: sql<Date>`now()` })
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('digest', '=', digest)
    // A set that is asked about anew meanwhile begins without it.
    .where('state', '=', 'approved')
    .execute();
}
