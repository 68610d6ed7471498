import { sql, type Transaction } from 'kysely';
import type {
  HeldSetReference,
  HeldState,
  QuestionKind,
  RecordedVerdict,
  RecordReminderInput,
  RecordVerdictInput,
} from '../../workflows/approval/activities.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import type { Database } from './database.ts';
import type { Candidate } from './removals.ts';
import type { SourceReference } from './source-state.ts';
import type { Tables } from './tables.ts';

export interface NewHeldSet extends SourceReference {
  readonly kind: QuestionKind;
  readonly run: string;
  readonly definitionDigest: string;
  readonly report: HeldReport;
  readonly listingComplete: boolean;
  readonly documents: readonly HeldMember[];
  /** What an approval accepts, beside the sizes of the documents. */
  readonly baseline?: object;
}

export interface HeldMember extends Pick<Candidate, 'hash' | 'rule'> {
  /** Of the text that an approval accepts. */
  readonly bytes?: number;
}

export interface HoldResult {
  /** `open` asks people; `approved` is not carried out yet; a rejection that stands asks nobody. */
  readonly state: HeldState;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  /** Digests of the sets whose place this one took lately: their questions are over. */
  readonly superseded: readonly string[];
}

/**
 * Stores a held set and makes it the open one of its kind and source; a question that is open stays as it was. It is asked about again when
 * its time was over, when it was replaced in between, or when it was decided and its documents came back and went again. A rejected deletion
 * stands as long as none of its documents was seen since, a rejected baseline until a run needed none. Idempotent; one transaction.
 */
export async function holdSet(db: Database, set: NewHeldSet): Promise<HoldResult> {
  const { tenant, source, kind, report } = set;
  const { digest } = report;
  const kinds = [kind];
  return db.transaction().execute(async (tx) => {
    const opened = await openSet(tx, set);
    if (opened) await storeDocuments(tx, set);
    await supersede(tx, { tenant, source, kinds, by: digest });
    const row = await tx
      .selectFrom('held_sets')
      .select(['state', 'decided_by as decidedBy', 'decided_at as decidedAt'])
      .where('tenant', '=', tenant)
      .where('source', '=', source)
      .where('digest', '=', digest)
      .executeTakeFirstOrThrow();
    return { ...row, superseded: await supersededBy(tx, { tenant, source, kinds, by: digest }) };
  });
}

export interface Release extends SourceReference {
  readonly kinds: readonly QuestionKind[];
  readonly run: string;
}

/** A run that needs no question of these kinds: the open ones of the source are over. Returns the digests of those. Idempotent. */
export async function releaseSets(
  db: Database,
  { tenant, source, kinds, run }: Release,
): Promise<readonly string[]> {
  return db.transaction().execute(async (tx) => {
    await supersede(tx, { tenant, source, kinds, by: run });
    await forgetRejections(tx, { tenant, source, kinds, by: run });
    return supersededBy(tx, { tenant, source, kinds, by: run });
  });
}

export interface Rejection {
  readonly digest: string;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

/** By hash, the documents that a person wanted to keep and that were not seen since; of several rejections the newest. */
export async function readRejected(
  db: Database,
  { tenant, source }: SourceReference,
): Promise<ReadonlyMap<string, Rejection>> {
  const { rows } = await sql<Rejection & { hash: string }>`
    select m.hash, h.digest, h.decided_by as "decidedBy", h.decided_at as "decidedAt" from held_sets h
    join held_documents m on m.tenant = h.tenant and m.source = h.source and m.digest = h.digest
    join documents d on d.tenant = m.tenant and d.source = m.source and d.hash = m.hash
    where h.tenant = ${tenant} and h.source = ${source} and h.kind = 'deletions' and h.state = 'rejected' and d.state = 'live'
      and d.last_seen_listing <= h.listing
    order by h.decided_at`.execute(db);
  return new Map(rows.map(({ hash, ...rejection }) => [hash, rejection]));
}

/** Writes the end of an open set, once; returns how it stands now, whoever ended it. */
export async function recordHeldVerdict(
  db: Database,
  verdict: RecordVerdictInput,
): Promise<RecordedVerdict> {
  const { tenant, source, digest, state, by, reason, atMs, proven } = verdict;
  await db
    .updateTable('held_sets')
    .set({
      state,
      decided_at: new Date(atMs),
      decided_by: by ?? null,
      decision_reason: reason ?? null,
      decision_proven: proven,
    })
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('digest', '=', digest)
    .where('state', '=', 'open')
    .execute();
  return readHeldVerdict(db, verdict);
}

export async function readHeldVerdict(
  db: Database,
  { tenant, source, digest }: HeldSetReference,
): Promise<RecordedVerdict> {
  const row = await db
    .selectFrom('held_sets')
    .select(['state', 'decided_by', 'decided_at', 'decision_proven', 'executed_at'])
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (!row) return { state: 'missing', executed: false };
  return {
    state: row.state,
    executed: row.executed_at !== null,
    ...(row.decided_by === null ? {} : { by: row.decided_by }),
    ...(row.decided_at === null ? {} : { atMs: row.decided_at.getTime() }),
    ...(row.decision_proven === null ? {} : { proven: row.decision_proven }),
  };
}

/** Numbers only grow, so that a repeated call changes nothing. */
export async function recordHeldReminder(
  db: Database,
  { tenant, source, digest, reminders, escalations }: RecordReminderInput,
): Promise<void> {
  await sql`
    update held_sets set told_at = now(), reminders = greatest(reminders, ${reminders}::integer),
      escalations = greatest(escalations, ${escalations}::integer)
    where tenant = ${tenant} and source = ${source} and digest = ${digest}
      and (reminders < ${reminders} or escalations < ${escalations})`.execute(db);
}

type Writer = Transaction<Tables>;

/** True when the set is new, or is asked about anew. */
async function openSet(
  tx: Writer,
  { tenant, source, kind, run, definitionDigest, report, listingComplete, baseline }: NewHeldSet,
): Promise<boolean> {
  const { digest, failure, reason, candidates, live, sample } = report;
  const { rows } = await sql<{ opened: boolean }>`
    with listing as (
      select coalesce((select listing from source_state where tenant = ${tenant} and source = ${source}), 0) as number
    ), stored as (
      insert into held_sets as h (tenant, source, digest, run, definition_digest, failure, reason, candidates, live, sample, listing,
        listing_complete, kind, baseline)
      select ${tenant}, ${source}, ${digest}, ${run}, ${definitionDigest}, ${failure}, ${reason}, ${candidates}::bigint, ${live}::bigint,
        ${JSON.stringify(sample)}::jsonb, listing.number, ${listingComplete}, ${kind}, ${baseline ? JSON.stringify(baseline) : null}::jsonb from listing
      on conflict (tenant, source, digest) do update set run = excluded.run, definition_digest = excluded.definition_digest,
        failure = excluded.failure, reason = excluded.reason, candidates = excluded.candidates, live = excluded.live,
        sample = excluded.sample, listing = excluded.listing, listing_complete = excluded.listing_complete, state = 'open',
        opened_at = clock_timestamp(), reminders = 0, escalations = 0, told_at = null, decided_at = null, decided_by = null,
        decision_reason = null, decision_proven = null, superseded_by = null, executed_at = null, deleted = null, dropped = null,
        verified_at = null, problem = null, baseline = excluded.baseline
      where h.state in ('expired', 'superseded') or (h.state = 'approved' and h.executed_at is not null)
        or (h.state = 'rejected' and h.kind <> 'deletions' and h.superseded_by is not null)
        or (h.state = 'rejected' and h.kind = 'deletions' and exists (
          select 1 from held_documents m join documents d on d.tenant = m.tenant and d.source = m.source and d.hash = m.hash
          where m.tenant = h.tenant and m.source = h.source and m.digest = h.digest and d.last_seen_listing > h.listing))
      returning 1
    ), still_open as (
      -- Seen and gone again between two runs that hold the same set: it is the newer listing that counts.
      update held_sets h set listing = listing.number from listing
      where h.tenant = ${tenant} and h.source = ${source} and h.digest = ${digest} and h.state = 'open' and not exists (select 1 from stored)
    )
    select exists (select 1 from stored) as opened`.execute(tx);
  return rows[0]?.opened === true;
}

async function storeDocuments(
  tx: Writer,
  { tenant, source, report, documents }: NewHeldSet,
): Promise<void> {
  const hashes = documents.map(({ hash }) => hash);
  const rules = documents.map(({ rule }) => rule);
  const sizes = documents.map(({ bytes = null }) => bytes);
  await sql`
    insert into held_documents (tenant, source, digest, hash, rule, bytes)
    select ${tenant}, ${source}, ${report.digest}, hash, rule, bytes
    from unnest(${hashes}::text[], ${rules}::text[], ${sizes}::bigint[]) as m(hash, rule, bytes)
    on conflict (tenant, source, digest, hash) do update set rule = excluded.rule, bytes = excluded.bytes`.execute(
    tx,
  );
}

interface Successor extends SourceReference {
  readonly kinds: readonly QuestionKind[];
  /** The digest of the new set, or the run that needs none. */
  readonly by: string;
}

/** The members of an old question are of no use any more, and may be many. */
async function supersede(tx: Writer, { tenant, source, kinds, by }: Successor): Promise<void> {
  await sql`
    with over as (
      update held_sets set state = 'superseded', superseded_by = ${by}, decided_at = clock_timestamp()
      where tenant = ${tenant} and source = ${source} and kind = any(${kinds}::text[]) and state = 'open' and digest <> ${by}
      returning digest
    )
    delete from held_documents where tenant = ${tenant} and source = ${source} and digest in (select digest from over)`.execute(
    tx,
  );
}

/** What was rejected has passed: if it comes again, it is asked about again. Who rejected it stays on record. */
async function forgetRejections(
  tx: Writer,
  { tenant, source, kinds, by }: Successor,
): Promise<void> {
  await sql`
    update held_sets set superseded_by = ${by} where tenant = ${tenant} and source = ${source} and kind = any(${kinds}::text[])
      and kind <> 'deletions' and state = 'rejected' and superseded_by is null`.execute(tx);
}

/** Also of an earlier call: the one who was to tell their workflows may have died before. */
async function supersededBy(
  tx: Writer,
  { tenant, source, kinds, by }: Successor,
): Promise<readonly string[]> {
  const { rows } = await sql<{ digest: string }>`
    select digest from held_sets where tenant = ${tenant} and source = ${source} and state = 'superseded' and superseded_by = ${by}
      and kind = any(${kinds}::text[])
      and decided_at > now() - interval '1 day'
    order by decided_at desc limit 20`.execute(tx);
  return rows.map(({ digest }) => digest);
}
