import type { ColumnType, Generated } from 'kysely';
import type { NoticeKind, PostState, Severity } from '../../workflows/notices/notice.ts';

type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** The tables of migration 0006. */
export interface NoticeTables {
  notices: NoticeTable;
  notice_posts: NoticePostTable;
  notice_deliveries: NoticeDeliveryTable;
  paused_by_people: { tenant: string; source: string; noted_at: Generated<Date> };
}

interface NoticeTable {
  id: Generated<number>;
  fingerprint: string;
  kind: NoticeKind;
  severity: Severity;
  tenant: string;
  source: string | null;
  run: string | null;
  subject: Generated<string>;
  what: string;
  command: string;
  since: Date;
  opened_at: Generated<Date>;
  last_noted_at: Generated<Date>;
  times_noted: Generated<number>;
  closed_at: OptionalTime;
  closed_because: string | null;
}

interface NoticePostTable {
  id: string;
  webhook: string;
  body: string;
  state: Generated<PostState>;
  attempts: Generated<number>;
  created_at: Generated<Date>;
  last_attempt_at: OptionalTime;
  problem: string | null;
  ended_at: OptionalTime;
}

interface NoticeDeliveryTable {
  notice: number;
  webhook: string;
  post: string;
}
