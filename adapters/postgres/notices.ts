import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { oneLine } from '../../workflows/approval/words.ts';
import { SEVERITIES, type NewNotice, type NoticeKind } from '../../workflows/notices/notice.ts';
import type { Database } from './database.ts';

/**
 * Notes something that people should know; true when it is new. While it is open, noting it again tells nobody again: it only counts.
 * Idempotent, and safe inside a transaction of the caller. It is told by `tellPeople`, which somebody has to wake (`activities/notices`).
 */
export async function noteNotice(db: Database, notice: NewNotice): Promise<boolean> {
  return (await noteNotices(db, [notice])) > 0;
}

/** The same for many, in one statement for each thousand. Returns how many are new. */
export async function noteNotices(db: Database, notices: readonly NewNotice[]): Promise<number> {
  let opened = 0;
  const rows = [...new Map(notices.map((notice) => [fingerprintOf(notice), notice]))];
  for (let from = 0; from < rows.length; from += CHUNK) {
    opened += await noteChunk(db, rows.slice(from, from + CHUNK));
  }
  return opened;
}

export interface CuredNotices {
  readonly tenant: string;
  /** Null for what is about no source. */
  readonly source: string | null;
  readonly kinds: readonly NoticeKind[];
  /** This one alone, with its reminders; all of the kinds where it is left out. */
  readonly subject?: string;
  /** All but this one. */
  readonly exceptSubject?: string;
  /** Of those whose subject ends with a number only the lower ones: what is told late ends nothing newer. */
  readonly below?: number;
  /** A clause for people: `the run "…" succeeded`. */
  readonly because: string;
}

/** Ends open notices because their cause is gone; if it comes back, it is told again. Returns how many were open. Idempotent. */
export async function closeNotices(
  db: Database,
  { tenant, source, kinds, subject, exceptSubject, below, because }: CuredNotices,
): Promise<number> {
  const result = await sql`
    update notices set closed_at = clock_timestamp(), closed_because = ${bounded(because)}
    where closed_at is null and tenant = ${tenant} and source is not distinct from ${source} and kind = any(${[...kinds]}::text[])
      and (${subject ?? null}::text is null or subject = ${subject ?? null} or starts_with(subject, ${`${subject ?? ''}#`}))
      and (${exceptSubject ?? null}::text is null or subject <> ${exceptSubject ?? null})
      and (${below ?? null}::integer is null or substring(subject from '[.]([0-9]{1,9})$')::integer < ${below ?? null}::integer)`.execute(
    db,
  );
  return Number(result.numAffectedRows ?? 0n);
}

/** Ends the notices of sources that are late no more, and all notices of sources that nothing wants any more. */
export async function closeOutdatedNotices(
  db: Database,
  late: readonly { readonly tenant: string; readonly source: string }[],
): Promise<void> {
  const tenants = late.map(({ tenant }) => tenant);
  const sources = late.map(({ source }) => source);
  await sql`
    update notices set closed_at = clock_timestamp(), closed_because = 'the source is not late any more'
    where closed_at is null and kind = 'freshness-breached'
      and (tenant, source) not in (select * from unnest(${tenants}::text[], ${sources}::text[]))`.execute(
    db,
  );
  await sql`
    update notices n set closed_at = clock_timestamp(), closed_because = 'the source is not in the definitions any more'
    from revisions r where r.in_force and n.closed_at is null and n.source is not null and not r.sources ? n.source`.execute(
    db,
  );
}

/** Ends the notices of incidents that are over, by whomever, and of systemic ones that hold nothing any more. */
export async function closeIncidentNotices(db: Database): Promise<void> {
  await sql`
    update notices n set closed_at = clock_timestamp(), closed_because = 'its incident is over'
    where closed_at is null and kind = 'incident-opened'
      and not exists (select 1 from incidents i where i.tenant = n.tenant and i.source = n.source and i.fingerprint = n.subject
        and i.state = 'open')
      and not exists (select 1 from systemic_incidents s where s.id = n.subject and s.released_at is null)`.execute(
    db,
  );
}

/** Forgets notices that ended so long ago, and the requests that told nothing else. Open ones stay, with what was told of them. */
export async function forgetNotices(db: Database, endedMs: number): Promise<void> {
  const before = sql`now() - ${`${endedMs} milliseconds`}::interval`;
  await sql`delete from notices where closed_at < ${before}`.execute(db);
  await sql`
    delete from notice_posts p where ended_at < ${before}
      and not exists (select 1 from notice_deliveries d where d.post = p.id)`.execute(db);
}

const CHUNK = 1000;
/** A message is read on a telephone. */
const MAX_TEXT = 1000;

type Fingerprinted = readonly [fingerprint: string, notice: NewNotice];

async function noteChunk(db: Database, rows: readonly Fingerprinted[]): Promise<number> {
  const records = rows.map(([fingerprint, notice]) => recordOf(fingerprint, notice));
  const { rows: written } = await sql<{ opened: boolean }>`
    insert into notices as n (fingerprint, kind, severity, tenant, source, run, subject, what, command, since)
    select fingerprint, kind, severity, tenant, source, run, subject, what, command, since
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r(fingerprint text, kind text, severity text, tenant text, source text,
      run text, subject text, what text, command text, since timestamptz)
    on conflict (fingerprint) where closed_at is null do update
      set last_noted_at = clock_timestamp(), times_noted = n.times_noted + 1, what = excluded.what, run = excluded.run
    returning times_noted = 1 as opened`.execute(db);
  return written.filter(({ opened }) => opened).length;
}

function recordOf(fingerprint: string, notice: NewNotice): object {
  const { kind, tenant, source, run, subject = '', what, command, since } = notice;
  return {
    fingerprint,
    kind,
    severity: notice.severity ?? SEVERITIES[kind],
    tenant,
    source: source ?? null,
    run: run ?? null,
    subject,
    what: bounded(what),
    command: bounded(command),
    since: since.toISOString(),
  };
}

/** What is known by it is told once. */
function fingerprintOf({ kind, tenant, source = '', subject = '' }: NewNotice): string {
  const parts = JSON.stringify([kind, tenant, source, subject]);
  return createHash('sha256').update(parts).digest('hex');
}

/** The texts may come from a page: one line, without what no database takes and what no reader sees. */
function bounded(text: string): string {
  const plain = oneLine(text);
  if (plain.length <= MAX_TEXT) return plain;
  return `${plain.slice(0, MAX_TEXT - 1)}…`.toWellFormed();
}
