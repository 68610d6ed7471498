import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { CrawlTables } from './crawl-tables.ts';
import type { DeadLetterRetryColumns, HealthTables } from './health-tables.ts';
import type { HeldTables } from './held-tables.ts';
import type { IncidentTables } from './incident-tables.ts';
import type { ModelStepTables } from './model-step-tables.ts';
import type { NoticeTables } from './notice-tables.ts';
import type { SpecPointerTables } from './spec-pointer-tables.ts';
import type { RepairCandidateTables } from './repair-candidate-tables.ts';
import type { RepairOutcomeTables } from './repair-outcome-tables.ts';
import type { SampleTables } from './sample-tables.ts';

/** The columns of every table, as Kysely reads and writes them. The migrations make them. */
export interface Tables
  extends
    CrawlTables,
    HealthTables,
    HeldTables,
    IncidentTables,
    ModelStepTables,
    NoticeTables,
    RepairCandidateTables,
    RepairOutcomeTables,
    SampleTables,
    SpecPointerTables {
  definitions: DefinitionTable;
  revisions: RevisionTable;
  source_state: SourceStateTable;
  documents: DocumentTable;
  stale_objects: StaleObjectTable;
  deletions: DeletionTable;
  runs: RunTable;
  dead_letters: DeadLetterTable;
  knowledge_base_state: KnowledgeBaseStateTable;
  syncs: SyncTable;
  source_shapes: SourceShapeTable;
}

type Time = ColumnType<Date, Date | string, Date | string>;
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Json<T extends object> = JSONColumnType<T, string, string>;
type OptionalJson<T extends object> = ColumnType<
  T | null,
  string | null | undefined,
  string | null
>;

interface DefinitionTable {
  digest: string;
  kind: 'source';
  body: Json<object>;
  created_at: Generated<Date>;
}

interface RevisionTable {
  id: Generated<number>;
  created_at: Generated<Date>;
  author: string;
  commit: string | null;
  /** Source id → digest. */
  sources: Json<Record<string, string>>;
  /** Webhooks; secrets are references. */
  notifications: JSONColumnType<readonly object[], string | undefined, string>;
  /** Settings of repairs. */
  repair: JSONColumnType<object, string | undefined, string>;
  in_force: boolean;
}

interface SourceStateTable {
  tenant: string;
  source: string;
  fence: Generated<number>;
  config_sig: string | null;
  cursor: ColumnType<unknown, string | null, string | null>;
  listing: Generated<number>;
  listing_open: Generated<boolean>;
  run: string | null;
  target: ColumnType<object | null, string | undefined, string>;
  former_targets: ColumnType<object, string | undefined, string>;
}

/** `live` is in S3; `deleting` and `deleted` follow the order of a deletion. The row outlives the objects. */
export type DocumentState = 'live' | 'deleting' | 'deleted';

interface DocumentTable {
  tenant: string;
  source: string;
  hash: string;
  doc_id: string;
  bucket: string;
  key: string;
  state: DocumentState;
  content_hash: string | null;
  meta_hash: string | null;
  config_sig: string | null;
  content_etag: string | null;
  sidecar_etag: string | null;
  etag: string | null;
  last_modified: string | null;
  title: string | null;
  url: string | null;
  modified_at: OptionalTime;
  bytes: number;
  notes: OptionalJson<readonly string[]>;
  first_seen: Time;
  last_changed: OptionalTime;
  last_seen_listing: number;
  last_seen_run: string | null;
  gone_count: Generated<number>;
  gone_why: string | null;
  fail_count: Generated<number>;
  failure: string | null;
  failure_detail: string | null;
  held_bytes: number | null;
  accepted_bytes: number | null;
}

interface StaleObjectTable {
  bucket: string;
  key: string;
  tenant: string;
  source: string;
  since: Generated<Date>;
}

interface DeletionTable {
  tenant: string;
  source: string;
  hash: string;
  doc_id: string;
  key: string;
  run: string;
  rule: string;
  deleted_at: Generated<Date>;
}

interface RunTable {
  id: string;
  temporal_run_id: string;
  tenant: string;
  source: string;
  definition_digest: string;
  trigger: string;
  status: 'running' | 'succeeded' | 'partial' | 'failed' | 'held';
  phase: string;
  started_at: Time;
  nominal_at: OptionalTime;
  finished_at: OptionalTime;
  updated_at: ColumnType<Date, Date | string | undefined, Date | string>;
  slices: Generated<number>;
  attempts: Generated<number>;
  counts: ColumnType<Record<string, number>, string | undefined, string>;
  listing_complete: boolean | null;
  listing_note: string | null;
  slice_confirmed: ColumnType<number | null, number | undefined, number>;
  failure: string | null;
  failure_message: string | null;
  held: OptionalJson<object>;
  listed: number | null;
  notes: OptionalJson<readonly string[]>;
  shape: string | null;
  findings: OptionalJson<readonly object[]>;
}

interface SourceShapeTable {
  tenant: string;
  source: string;
  config_sig: string;
  fingerprint: string;
  shape: Json<object>;
  since: Generated<Date>;
  accepted_by: string;
}

interface DeadLetterTable extends DeadLetterRetryColumns {
  tenant: string;
  source: string;
  hash: string;
  doc_id: string | null;
  failure: string;
  detail: string;
  first_seen: Time;
  last_seen: Time;
  attempts: Generated<number>;
  run: string;
}

interface KnowledgeBaseStateTable {
  id: string;
  data_source_id: string;
  knowledge_base_id: string;
  dirty_since: OptionalTime;
  changed_at: OptionalTime;
}

interface SyncTable {
  knowledge_base_id: string;
  data_source_id: string;
  job_id: string;
  status: string;
  requested_at: OptionalTime;
  started_at: Time;
  finished_at: OptionalTime;
  statistics: OptionalJson<Record<string, number>>;
  failure_message: string | null;
  failed_documents: OptionalJson<readonly object[]>;
}
