import { randomUUID } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import {
  DIGEST_SHOWN,
  digestMessage,
  noticeMessage,
  type Digest,
  type NoticeMessage,
  type ToldNotice,
} from '../../workflows/notices/message.ts';
import type { NoticeKind, PostState, Severity } from '../../workflows/notices/notice.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

export interface ComposeOptions {
  readonly webhook: string;
  readonly kinds: readonly NoticeKind[];
  /** Requests a minute; what is more becomes one digest. */
  readonly perMinute: number;
}

/**
 * Puts every open notice that a webhook has not been told into a request, for good: as many as a minute may have each in its own, more of
 * them in one digest. Does nothing while older requests wait, so that an outage ends with a digest instead of a flood. Returns how long
 * notices have to wait for the next minute; undefined when none does.
 */
export async function composePosts(
  db: Database,
  { webhook, kinds, perMinute }: ComposeOptions,
): Promise<number | undefined> {
  return db.transaction().execute(async (tx) => {
    // An attempt that was overtaken may still be composing.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`webhook:${webhook}`}, 0))`.execute(
      tx,
    );
    const pending = await readPending(tx, webhook, kinds);
    if (pending.length === 0) return undefined;
    const { waiting, recent, oldestMs } = await readLoad(tx, webhook);
    if (waiting > 0) return undefined;
    if (recent >= perMinute) return Math.max(1000, MINUTE_MS - oldestMs);
    if (pending.length <= perMinute - recent) await insertEach(tx, webhook, pending);
    else await insertDigest(tx, webhook, pending);
    return undefined;
  });
}

export interface WaitingPost {
  readonly id: string;
  readonly body: string;
  readonly attempts: number;
}

/** The oldest first. */
export async function readWaitingPosts(
  db: Database,
  webhook: string,
  limit: number,
): Promise<readonly WaitingPost[]> {
  return db
    .selectFrom('notice_posts')
    .select(['id', 'body', 'attempts'])
    .where('webhook', '=', webhook)
    .where('state', '=', 'waiting')
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

export interface PostAttempt {
  readonly id: string;
  /** Where it still waits, it is tried again. */
  readonly state: PostState;
  /** A sentence; null when there was none. */
  readonly problem: string | null;
}

/** What became of one attempt. A request that has ended stays as it ended. */
export async function recordAttempt(
  db: Database,
  { id, state, problem }: PostAttempt,
): Promise<void> {
  await sql`
    update notice_posts set attempts = attempts + 1, last_attempt_at = clock_timestamp(), problem = ${problem}, state = ${state},
      ended_at = case when ${state} = 'waiting' then null else clock_timestamp() end
    where id = ${id} and state = 'waiting'`.execute(db);
}

/** Gives up what was tried and is older than `patienceMs`, and what was cured before it could be told. */
export async function retirePosts(
  db: Database,
  webhook: string,
  patienceMs: number,
): Promise<void> {
  await sql`
    update notice_posts p set ended_at = clock_timestamp(),
      state = case when attempts > 0 and created_at < now() - ${`${patienceMs} milliseconds`}::interval then 'expired' else 'dropped' end,
      problem = coalesce(problem, case when attempts = 0 then 'Its cause was gone before it could be told.' end)
    where webhook = ${webhook} and state = 'waiting'
      and ((attempts > 0 and created_at < now() - ${`${patienceMs} milliseconds`}::interval) or not exists (select 1 from notice_deliveries d join notices n on n.id = d.notice where d.post = p.id and n.closed_at is null))`.execute(
    db,
  );
}

/** Ends what waits for a webhook that nobody wants any more. */
export async function dropPosts(db: Database, webhook: string, problem: string): Promise<void> {
  await db
    .updateTable('notice_posts')
    .set({ state: 'dropped', problem, ended_at: sql<Date>`clock_timestamp()` })
    .where('webhook', '=', webhook)
    .where('state', '=', 'waiting')
    .execute();
}

export interface Backlog {
  /** Open notices of these kinds that it has not been told. */
  readonly pending: boolean;
  /** Requests that could not be delivered yet. */
  readonly waiting: boolean;
}

export async function readBacklog(
  db: Database,
  webhook: string,
  kinds: readonly NoticeKind[],
): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select exists (select 1 from notice_posts where webhook = ${webhook} and state = 'waiting') as waiting,
      exists (select 1 from notices n where closed_at is null and kind = any(${[...kinds]}::text[])
        and not exists (select 1 from notice_deliveries d where d.notice = n.id and d.webhook = ${webhook})) as pending`.execute(
    db,
  );
  return rows[0] ?? { pending: false, waiting: false };
}

/** Webhooks for which requests wait, wanted or not. */
export async function webhooksWithPosts(db: Database): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('notice_posts')
    .select('webhook')
    .distinct()
    .where('state', '=', 'waiting')
    .execute();
  return rows.map(({ webhook }) => webhook);
}

const MINUTE_MS = 60_000;
type Writer = Transaction<Tables>;

interface Pending {
  readonly id: number;
  readonly kind: NoticeKind;
  readonly severity: Severity;
  readonly source: string | null;
  readonly since: Date;
}

/** Without their texts: there may be ten thousand. */
async function readPending(
  tx: Writer,
  webhook: string,
  kinds: readonly NoticeKind[],
): Promise<readonly Pending[]> {
  const { rows } = await sql<Pending>`
    select id, kind, severity, source, since from notices n
    where closed_at is null and kind = any(${[...kinds]}::text[])
      and not exists (select 1 from notice_deliveries d where d.notice = n.id and d.webhook = ${webhook})
    order by opened_at, id`.execute(tx);
  return rows;
}

interface Load {
  readonly waiting: number;
  readonly recent: number;
  /** Age of the oldest request of the last minute. */
  readonly oldestMs: number;
}

async function readLoad(tx: Writer, webhook: string): Promise<Load> {
  const { rows } = await sql<Load>`
    select count(*) filter (where state = 'waiting') as waiting,
      count(*) filter (where created_at > clock_timestamp() - interval '1 minute') as recent,
      coalesce(extract(epoch from clock_timestamp() - min(created_at) filter (where created_at > clock_timestamp() - interval '1 minute'))
        * 1000, 0)::bigint as "oldestMs"
    from notice_posts where webhook = ${webhook} and (state = 'waiting' or created_at > clock_timestamp() - interval '1 minute')`.execute(
    tx,
  );
  return rows[0] ?? { waiting: 0, recent: 0, oldestMs: 0 };
}

async function insertEach(tx: Writer, webhook: string, pending: readonly Pending[]): Promise<void> {
  const texts = await readTexts(
    tx,
    pending.map(({ id }) => id),
  );
  for (const notice of texts) {
    const id = randomUUID();
    await insertPost(tx, webhook, noticeMessage(id, notice), [notice.id]);
  }
}

async function insertDigest(
  tx: Writer,
  webhook: string,
  pending: readonly Pending[],
): Promise<void> {
  const ids = pending.map(({ id }) => id);
  const first = await readTexts(tx, ids.slice(0, DIGEST_SHOWN));
  await insertPost(tx, webhook, digestMessage(randomUUID(), digestOf(pending, first)), ids);
}

function digestOf(pending: readonly Pending[], first: readonly ToldNotice[]): Digest {
  const byKind = Map.groupBy(pending, ({ kind }) => kind);
  const counts = Object.fromEntries([...byKind].map(([kind, all]) => [kind, all.length]));
  const since = new Date(Math.min(...pending.map((one) => one.since.getTime())));
  const severity = (['critical', 'warning', 'info'] as const).find((worst) =>
    pending.some((one) => one.severity === worst),
  );
  return { counts, severity: severity ?? 'info', since, first };
}

async function readTexts(
  tx: Writer,
  ids: readonly number[],
): Promise<readonly (ToldNotice & { readonly id: number })[]> {
  return tx
    .selectFrom('notices')
    .select([
      'id',
      'kind',
      'severity',
      'tenant',
      'source',
      'run',
      'fingerprint',
      'what',
      'command',
      'since',
    ])
    .where('id', 'in', [...ids])
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
}

async function insertPost(
  tx: Writer,
  webhook: string,
  message: NoticeMessage,
  notices: readonly number[],
): Promise<void> {
  const { id } = message;
  await tx
    .insertInto('notice_posts')
    .values({ id, webhook, body: JSON.stringify(message), problem: null })
    .execute();
  await sql`
    insert into notice_deliveries (notice, webhook, post)
    select notice, ${webhook}, ${id} from unnest(${[...notices]}::bigint[]) as n(notice)`.execute(
    tx,
  );
}
