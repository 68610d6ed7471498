import { sql } from 'kysely';
import type { RunCounts } from '../../workflows/collection/counts.ts';
import type { HeldReport } from '../../workflows/collection/run-status.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** Everything that is known of one run. */
export interface RunReport {
  /** The workflow id: `collect:<source>-<nominal time>`. */
  readonly id: string;
  readonly temporalRunId: string;
  readonly tenant: string;
  readonly source: string;
  readonly trigger: string;
  readonly digest: string;
  readonly status: 'running' | 'succeeded' | 'partial' | 'failed' | 'held';
  readonly phase: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly slices: number;
  /** What is missing is zero. */
  readonly counts: Partial<RunCounts>;
  readonly listingComplete: boolean | null;
  readonly listingNote: string | null;
  readonly failure: string | null;
  readonly message: string | null;
  readonly held: HeldReport | null;
  /** What the run noticed and what stopped nothing, as sentences. */
  readonly notes: readonly string[] | null;
}

/** One run by its id; undefined when there is none. */
export async function readRun(db: Database, id: string): Promise<RunReport | undefined> {
  const { rows } = await sql<RunReport>`select ${RUN_COLUMNS} from runs where id = ${id}`.execute(
    db,
  );
  return rows[0];
}

export interface RunQuery {
  /** Of all sources where it is left out. */
  readonly source?: string;
  readonly limit: number;
}

/** The newest runs, newest first. */
export async function readLatestRuns(
  db: Database,
  { source, limit }: RunQuery,
): Promise<readonly RunReport[]> {
  const { rows } = await sql<RunReport>`
    select ${RUN_COLUMNS} from runs where ${source ?? null}::text is null or source = ${source ?? null}
    order by started_at desc, id limit ${limit}`.execute(db);
  return rows;
}

const RUN_COLUMNS =
  sql.raw(`id, temporal_run_id as "temporalRunId", tenant, source, trigger, definition_digest as digest, status, phase,
  started_at as "startedAt", finished_at as "finishedAt", slices, counts, listing_complete as "listingComplete",
  listing_note as "listingNote", failure, failure_message as message, held, notes`);

/** A live document as the manifest has it. */
interface DocumentReport {
  /** The id that the source gave it. */
  readonly id: string;
  readonly title: string | null;
  readonly url: string | null;
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  /** The source's own time. */
  readonly modifiedAt: Date | null;
  readonly firstSeen: Date;
  readonly lastChanged: Date | null;
  /** What was cut or left out when it was stored. */
  readonly notes: readonly string[] | null;
  /** Why it could not be read the last time; the stored version stays. */
  readonly failure: string | null;
  readonly failureDetail: string | null;
}

export interface DocumentPage {
  /** Last changed first. */
  readonly documents: readonly DocumentReport[];
  /** All live documents of the source. */
  readonly total: number;
}

export async function readDocuments(
  db: Database,
  { tenant, source, limit }: SourceReference & { readonly limit: number },
): Promise<DocumentPage> {
  const { rows } = await sql<DocumentReport>`
    select doc_id as id, title, url, bucket, key, bytes, modified_at as "modifiedAt", first_seen as "firstSeen",
      last_changed as "lastChanged", notes, failure, failure_detail as "failureDetail"
    from documents where tenant = ${tenant} and source = ${source} and state = 'live'
    order by last_changed desc nulls last, doc_id collate "C" limit ${limit}`.execute(db);
  const counted = await sql<{ count: number }>`
    select count(*) from documents where tenant = ${tenant} and source = ${source} and state = 'live'`.execute(
    db,
  );
  return { documents: rows, total: counted.rows[0]?.count ?? 0 };
}

/** A document that could not be collected. */
export interface DeadLetterReport {
  readonly tenant: string;
  readonly source: string;
  /** Null when the source could not even name it. */
  readonly id: string | null;
  readonly failure: string;
  readonly detail: string;
  /** Runs that met it. */
  readonly attempts: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  readonly run: string;
  /** When a run may try it again by itself; null when it was tried often enough. */
  readonly nextAttempt: Date | null;
  /** Where the input that was refused can be looked at. */
  readonly inputRef: string | null;
  /** Of its text, hex. */
  readonly inputSha256: string | null;
}

export interface DeadLetterPage {
  /** Last seen first. */
  readonly deadLetters: readonly DeadLetterReport[];
  readonly total: number;
}

export async function readDeadLetters(
  db: Database,
  { source, limit }: RunQuery,
): Promise<DeadLetterPage> {
  const wanted = sql`${source ?? null}::text is null or source = ${source ?? null}`;
  const { rows } = await sql<DeadLetterReport>`
    select tenant, source, doc_id as id, failure, detail, attempts, first_seen as "firstSeen", last_seen as "lastSeen", run,
      next_attempt_at as "nextAttempt", input_ref as "inputRef", input_sha256 as "inputSha256"
    from dead_letters where ${wanted} order by last_seen desc, source, hash limit ${limit}`.execute(
    db,
  );
  const counted = await sql<{ count: number }>`
    select count(*) from dead_letters where ${wanted}`.execute(db);
  return { deadLetters: rows, total: counted.rows[0]?.count ?? 0 };
}
