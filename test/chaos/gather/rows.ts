import { sql } from 'kysely';
import type { Database } from '../../../adapters/postgres/database.ts';
import type { Evidence } from '../evidence.ts';

type Rows = Pick<
  Evidence,
  'manifest' | 'runs' | 'deletions' | 'heldSets' | 'deadLetters' | 'syncs' | 'dirty'
>;

/** What the product's database says. */
export async function gatherRows(db: Database): Promise<Rows> {
  const [manifest, runs, deletions, heldSets, deadLetters, syncs, dirty] = await Promise.all([
    rowsOf<Rows['manifest'][number]>(
      db,
      `select source, doc_id as "docId", key, state, content_etag as etag from documents`,
    ),
    rowsOf<Rows['runs'][number]>(
      db,
      `select id, temporal_run_id as "temporalRunId", source, trigger, definition_digest as digest, status, counts,
        listing_complete as "listingComplete", failure, coalesce(notes, '[]') as notes,
        extract(epoch from started_at)::float8 * 1000 as "startedAtMs", extract(epoch from finished_at)::float8 * 1000 as "finishedAtMs"
       from runs`,
    ),
    rowsOf<Rows['deletions'][number]>(
      db,
      `select source, doc_id as "docId", run, rule from deletions`,
    ),
    rowsOf<Rows['heldSets'][number]>(
      db,
      `select source, state, run, decided_by as "decidedBy" from held_sets`,
    ),
    rowsOf<Rows['deadLetters'][number]>(
      db,
      `select source, doc_id as "docId", run from dead_letters`,
    ),
    rowsOf<Rows['syncs'][number]>(db, `select job_id as "jobId", status from syncs`),
    rowsOf<{ id: string }>(
      db,
      `select data_source_id as id from knowledge_base_state where dirty_since is not null`,
    ),
  ]);
  return {
    manifest,
    runs,
    deletions,
    heldSets,
    deadLetters,
    syncs,
    dirty: dirty.map(({ id }) => id),
  };
}

async function rowsOf<Row>(db: Database, statement: string): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`${sql.raw(statement)}`.execute(db);
  return rows;
}
