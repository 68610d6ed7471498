import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { HeldState, QuestionKind } from '../../workflows/approval/activities.ts';

type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** The tables of migration 0002, with the kinds of 0007. */
export interface HeldTables {
  held_sets: HeldSetTable;
  held_documents: HeldDocumentTable;
}

interface HeldSetTable {
  tenant: string;
  source: string;
  digest: string;
  kind: ColumnType<QuestionKind, QuestionKind | undefined, QuestionKind>;
  run: string;
  definition_digest: string;
  failure: string;
  reason: string;
  candidates: number;
  live: number;
  sample: JSONColumnType<readonly string[], string, string>;
  listing: number;
  listing_complete: boolean;
  state: Generated<HeldState>;
  opened_at: Generated<Date>;
  reminders: Generated<number>;
  escalations: Generated<number>;
  told_at: OptionalTime;
  decided_at: OptionalTime;
  decided_by: string | null;
  decision_reason: string | null;
  decision_proven: boolean | null;
  superseded_by: string | null;
  executed_at: OptionalTime;
  deleted: number | null;
  dropped: number | null;
  verified_at: OptionalTime;
  problem: string | null;
  baseline: ColumnType<object | null, string | null | undefined, string | null>;
}

interface HeldDocumentTable {
  tenant: string;
  source: string;
  digest: string;
  hash: string;
  rule: string;
  bytes: ColumnType<number | null, number | null | undefined, number | null>;
}
