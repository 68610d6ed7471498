import { sql, type Transaction } from 'kysely';
import type { HeldSetReference, QuestionKind } from '../../workflows/approval/activities.ts';
import type { SourceShape } from '../../workflows/collection/compare-discoveries.ts';
import type { RunNumbers } from '../../workflows/collection/run-anomalies.ts';
import type { Database } from './database.ts';
import { keptExecutions } from './run-notes.ts';
import type { SourceReference } from './source-state.ts';
import type { Tables } from './tables.ts';

/** So many runs tell what is usual for a source. */
const BASELINE_RUNS = 10;

/**
 * How many documents the last good runs with a complete listing showed, newest first. An approved deletion begins a new baseline: what a
 * person let go is not missed any more. So does another definition.
 */
export async function readListedBaseline(
  db: Database,
  { tenant, source, definitionDigest }: SourceReference & { readonly definitionDigest: string },
): Promise<readonly number[]> {
  const { rows } = await sql<{ listed: number }>`
    select r.listed from runs r where r.tenant = ${tenant} and r.source = ${source} and r.listing_complete and r.listed is not null
      and r.status in ('succeeded', 'partial') and r.definition_digest = ${definitionDigest}
      and r.finished_at > coalesce((select max(h.decided_at) from held_sets h where h.tenant = r.tenant and h.source = r.source
        and h.kind = 'deletions' and h.state = 'approved'), '-infinity')
    order by r.started_at desc limit ${BASELINE_RUNS}`.execute(db);
  return rows.map(({ listed }) => listed);
}

/** What `judgeDocuments` looks at, out of what the run has committed. */
export async function readRunNumbers(
  db: Database,
  { tenant, source, run }: SourceReference & { readonly run: string },
): Promise<RunNumbers> {
  const { rows } = await sql<RunNumbers>`
    select
      (select count(*) from documents where tenant = ${tenant} and source = ${source} and state = 'live') as live,
      (select count(*) from documents where tenant = ${tenant} and source = ${source} and state = 'live' and failure = 'ContentShrank') as shrunken,
      coalesce((select sum(value::bigint)::bigint from runs, jsonb_each_text(counts)
        where id = ${run} and key in ('added', 'updated', 'unchanged', 'failed', 'held')), 0) as read,
      (select count(*) from dead_letters where tenant = ${tenant} and source = ${source} and run = ${run}
        and failure in ('InvalidDocument', 'SchemaDrift')) as violations,
      coalesce((select (baseline->>'share')::double precision from held_sets where tenant = ${tenant} and source = ${source}
        and kind = 'violations' and state = 'approved' order by decided_at desc limit 1), 0) as "acceptedViolationShare"`.execute(
    db,
  );
  return rows[0] ?? { live: 0, shrunken: 0, read: 0, violations: 0 };
}

/** A live document whose newest version was held back. */
export interface ShrunkenDocument {
  readonly hash: string;
  readonly docId: string;
  readonly title: string | null;
  /** Of the version that is stored. */
  readonly storedBytes: number;
  /** Of the newest one. */
  readonly bytes: number;
  readonly detail: string;
}

/** Sorted by hash, so that a digest over them is stable. */
export async function readShrunken(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<readonly ShrunkenDocument[]> {
  const { rows } = await sql<ShrunkenDocument>`
    select hash, doc_id as "docId", title, bytes as "storedBytes", coalesce(held_bytes, 0) as bytes, coalesce(failure_detail, '') as detail
    from documents where tenant = ${tenant} and source = ${source} and state = 'live' and failure = 'ContentShrank'
    order by hash`.execute(db);
  return rows;
}

/** Ids of documents that the run could not take as documents, at most `limit`. */
export async function readViolations(
  db: Database,
  {
    tenant,
    source,
    run,
    limit,
  }: SourceReference & { readonly run: string; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select coalesce(doc_id, left(detail, 100)) as id from dead_letters where tenant = ${tenant} and source = ${source} and run = ${run}
      and failure in ('InvalidDocument', 'SchemaDrift') order by doc_id collate "C", hash limit ${limit}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

/** The shape that the next run is compared with. */
export interface KnownShape {
  readonly configSig: string;
  /** sha256 of the canonical shape. */
  readonly fingerprint: string;
  readonly shape: SourceShape;
}

export interface StoredShape extends KnownShape {
  /** People are asked about another one, or have rejected it. */
  readonly isAsked: boolean;
}

export async function readShape(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<StoredShape | undefined> {
  const { rows } = await sql<StoredShape>`
    select config_sig as "configSig", fingerprint, shape, exists (select 1 from held_sets h where h.tenant = ${tenant} and h.source = ${source}
      and h.kind = 'drift' and (h.state = 'open' or (h.state = 'rejected' and h.superseded_by is null))) as "isAsked"
    from source_shapes where tenant = ${tenant} and source = ${source}`.execute(db);
  return rows[0];
}

/** Writes what a run has found of the shape of its source; notes of an earlier attempt stay where none are given. */
export async function noteShape(
  db: Database,
  {
    run,
    fingerprint,
    notes,
  }: {
    readonly run: string;
    readonly fingerprint: string;
    readonly notes: readonly string[];
  },
): Promise<void> {
  const text = notes.length === 0 ? null : JSON.stringify(notes);
  await sql`
    update runs set shape = ${fingerprint}, notes = coalesce(${keptExecutions} || ${text}::jsonb, notes) where id = ${run}`.execute(
    db,
  );
}

export interface AcceptedShape extends SourceReference, KnownShape {
  /** The run that saw it first, or the person who accepted it. */
  readonly acceptedBy: string;
}

/** Makes a shape the one that counts. */
export async function saveShape(
  db: Database | Transaction<Tables>,
  { tenant, source, configSig, fingerprint, shape, acceptedBy }: AcceptedShape,
): Promise<void> {
  await sql`
    insert into source_shapes as s (tenant, source, config_sig, fingerprint, shape, accepted_by)
    values (${tenant}, ${source}, ${configSig}, ${fingerprint}, ${JSON.stringify(shape)}::jsonb, ${acceptedBy})
    on conflict (tenant, source) do update set config_sig = excluded.config_sig, fingerprint = excluded.fingerprint,
      shape = excluded.shape, since = clock_timestamp(), accepted_by = excluded.accepted_by
    where s.fingerprint <> excluded.fingerprint or s.config_sig <> excluded.config_sig`.execute(db);
}

interface ApprovedBaseline {
  readonly kind: QuestionKind;
  readonly baseline: unknown;
  readonly decidedBy: string | null;
}

/**
 * Carries the approval of a baseline out: sizes that were shown are accepted and the source is read from the start, so that an increment
 * brings the documents again; a shape becomes the known one; a share of refused documents counts by its approval. False when the set is not
 * approved. Running it again changes nothing.
 */
export async function acceptBaseline(db: Database, set: HeldSetReference): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<ApprovedBaseline>`
      update held_sets set executed_at = coalesce(executed_at, clock_timestamp())
      where tenant = ${set.tenant} and source = ${set.source} and digest = ${set.digest} and state = 'approved' and kind <> 'deletions'
      returning kind, baseline, decided_by as "decidedBy"`.execute(tx);
    const [approved] = rows;
    if (!approved) return false;
    if (approved.kind === 'shrunken') await acceptSizes(tx, set);
    if (approved.kind === 'drift') {
      const { tenant, source } = set;
      const acceptedBy = approved.decidedBy ?? 'somebody';
      await saveShape(tx, { tenant, source, ...(approved.baseline as KnownShape), acceptedBy });
      await readAnew(tx, set);
    }
    return true;
  });
}

async function acceptSizes(
  tx: Transaction<Tables>,
  { tenant, source, digest }: HeldSetReference,
): Promise<void> {
  const { numAffectedRows = 0n } = await sql`
    update documents d set accepted_bytes = m.bytes from held_documents m
    where m.tenant = ${tenant} and m.source = ${source} and m.digest = ${digest} and d.tenant = m.tenant and d.source = m.source
      and d.hash = m.hash and d.state = 'live' and d.failure = 'ContentShrank' and d.accepted_bytes is distinct from m.bytes`.execute(
    tx,
  );
  if (numAffectedRows > 0n) await readAnew(tx, { tenant, source });
}

/** From the start: an increment would not bring again what it brought before. */
async function readAnew(
  tx: Transaction<Tables>,
  { tenant, source }: SourceReference,
): Promise<void> {
  await sql`
    -- The fence, too: a run that began meanwhile starts its attempt again, without the old cursor.
    update source_state set cursor = null, fence = fence + 1 where tenant = ${tenant} and source = ${source}`.execute(
    tx,
  );
}
