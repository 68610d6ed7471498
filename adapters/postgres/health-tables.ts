import type { ColumnType, Generated } from 'kysely';

type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;

/** The tables of migration 0005. */
export interface HealthTables {
  source_health: SourceHealthTable;
  run_requests: RunRequestTable;
}

interface SourceHealthTable {
  tenant: string;
  source: string;
  definition_digest: string;
  idle_runs: Generated<number>;
  paused_by: 'failure' | 'no-progress' | null;
  failure: string | null;
  reason: string | null;
  paused_at: OptionalTime;
  pause_applied: Generated<boolean>;
  updated_at: Generated<Date>;
}

interface RunRequestTable {
  tenant: string;
  source: string;
  kind: 'dead-letters';
  requested_at: Generated<Date>;
}

/** What migration 0005 adds to `dead_letters`. */
export interface DeadLetterRetryColumns {
  next_attempt_at: OptionalTime;
  requested_at: OptionalTime;
  input_ref: string | null;
  input_sha256: string | null;
  input_meta_sha256: string | null;
  config_sig: string | null;
  listing: number | null;
}
