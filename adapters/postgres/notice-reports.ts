import { sql } from 'kysely';
import type { NoticeKind, PostState, Severity } from '../../workflows/notices/notice.ts';
import type { Database } from './database.ts';

/** An open notice as people look at it. */
export interface NoticeReport {
  readonly id: number;
  readonly kind: NoticeKind;
  readonly severity: Severity;
  readonly tenant: string;
  readonly source: string | null;
  readonly run: string | null;
  readonly what: string;
  readonly command: string;
  readonly since: Date;
  readonly timesNoted: number;
  /** What became of it at each webhook that it was sent to. */
  readonly deliveries: readonly {
    readonly webhook: string;
    readonly state: PostState;
    readonly problem: string | null;
  }[];
}

export interface NoticePage {
  /** The worst first, then the newest. */
  readonly notices: readonly NoticeReport[];
  readonly total: number;
}

export async function readOpenNotices(
  db: Database,
  { source, limit }: { readonly source?: string; readonly limit: number },
): Promise<NoticePage> {
  const wanted = sql`closed_at is null and (${source ?? null}::text is null or source = ${source ?? null})`;
  const { rows } = await sql<NoticeReport>`
    select n.id, n.kind, n.severity, n.tenant, n.source, n.run, n.what, n.command, n.since, n.times_noted as "timesNoted",
      coalesce((select jsonb_agg(jsonb_build_object('webhook', d.webhook, 'state', p.state, 'problem', p.problem) order by d.webhook)
        from notice_deliveries d join notice_posts p on p.id = d.post where d.notice = n.id), '[]') as deliveries
    from notices n where ${wanted}
    order by array_position(array['critical', 'warning', 'info'], severity), opened_at desc, id desc limit ${limit}`.execute(
    db,
  );
  const counted = await sql<{
    count: number;
  }>`select count(*) from notices where ${wanted}`.execute(db);
  return { notices: rows, total: counted.rows[0]?.count ?? 0 };
}

/** A message that did not reach its webhook. */
export interface UndeliveredPost {
  readonly id: string;
  readonly webhook: string;
  readonly state: PostState;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly lastAttemptAt: Date | null;
  /** Why, as a sentence; null before the first attempt. */
  readonly problem: string | null;
  readonly what: string;
}

/** What waits, and what was given up or refused in the last week: the newest first. */
export async function readUndelivered(
  db: Database,
  { limit }: { readonly limit: number },
): Promise<readonly UndeliveredPost[]> {
  const { rows } = await sql<UndeliveredPost>`
    select id, webhook, state, attempts, created_at as "createdAt", last_attempt_at as "lastAttemptAt", problem,
      body::jsonb->>'what' as what
    from notice_posts
    where state = 'waiting' or (state in ('refused', 'expired') and ended_at > now() - interval '7 days')
    order by created_at desc, id limit ${limit}`.execute(db);
  return rows;
}

export interface NoticeTotals {
  readonly open: number;
  /** Messages that could not be delivered yet. */
  readonly waiting: number;
}

export async function readNoticeTotals(db: Database): Promise<NoticeTotals> {
  const { rows } = await sql<NoticeTotals>`
    select (select count(*) from notices where closed_at is null) as open,
      (select count(*) from notice_posts where state = 'waiting') as waiting`.execute(db);
  return rows[0] ?? { open: 0, waiting: 0 };
}
