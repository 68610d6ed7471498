import { sql } from 'kysely';
import type {
  DirtyMark,
  IngestionReport,
  SyncTarget,
} from '../../workflows/collection/activities.ts';
import { failure } from '../../workflows/failures.ts';
import type { Database } from './database.ts';

type DataSource = Pick<SyncTarget, 'knowledgeBaseId' | 'dataSourceId'>;

/** Are there changes that no job covers, and what time is it for the database? */
export async function readMark(
  db: Database,
  { knowledgeBaseId, dataSourceId }: DataSource,
): Promise<DirtyMark> {
  // As text: a Date would cut the microseconds, and a change of the same millisecond would look newer than it is.
  const { rows } = await sql<{ now: string; dirtySince: string | null }>`
    select clock_timestamp()::text as now, (select dirty_since::text from knowledge_base_state
      where knowledge_base_id = ${knowledgeBaseId} and data_source_id = ${dataSourceId}) as "dirtySince"`.execute(
    db,
  );
  const [row] = rows;
  if (!row) throw failure('Defect', 'The database did not tell the time.');
  const { now, dirtySince } = row;
  return dirtySince === null ? { dirty: false, now } : { dirty: true, now, dirtySince };
}

export interface SyncRecord extends SyncTarget {
  readonly report: IngestionReport;
  readonly requestedAt?: string;
  readonly coveredAt?: string;
}

/** Keeps a row of the job, and clears the mark unless something changed after `coveredAt`; then the rest stays marked from that change on. */
export async function recordSync(db: Database, record: SyncRecord): Promise<void> {
  const { report, knowledgeBaseId, dataSourceId, coveredAt } = record;
  await db.transaction().execute(async (tx) => {
    await tx
      .insertInto('syncs')
      .values({
        knowledge_base_id: knowledgeBaseId,
        data_source_id: dataSourceId,
        job_id: report.jobId,
        status: report.status,
        requested_at: record.requestedAt ?? null,
        started_at: report.startedAt,
        finished_at: report.finishedAt,
        statistics: JSON.stringify(report.statistics),
        failure_message: report.failureMessage ?? null,
        failed_documents: JSON.stringify(report.failedDocuments),
      })
      .onConflict((conflict) =>
        conflict.columns(['knowledge_base_id', 'data_source_id', 'job_id']).doNothing(),
      )
      .execute();
    if (coveredAt === undefined) return;
    await sql`
      update knowledge_base_state
      set dirty_since = case when changed_at > ${coveredAt}::timestamptz then changed_at else null end
      where knowledge_base_id = ${knowledgeBaseId} and data_source_id = ${dataSourceId}
        and dirty_since <= ${coveredAt}::timestamptz`.execute(tx);
  });
}

/** URIs that each of the last so many jobs of the data source left refused. Fewer jobs: none. */
export async function refusedInRow(
  db: Database,
  { knowledgeBaseId, dataSourceId }: DataSource,
  syncs: number,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ uri: string }>`
    with latest as (select failed_documents from syncs
      where knowledge_base_id = ${knowledgeBaseId} and data_source_id = ${dataSourceId} and status = 'COMPLETE'
      order by started_at desc limit ${syncs})
    select one->>'uri' as uri from latest, jsonb_array_elements(coalesce(failed_documents, '[]')) one
    group by 1 having count(*) >= ${syncs}`.execute(db);
  return new Set(rows.map(({ uri }) => uri));
}

/** Data sources whose mark is older than `olderThanMs`. */
export async function overdueSyncs(
  db: Database,
  olderThanMs: number,
): Promise<readonly (DataSource & { readonly id: string })[]> {
  const rows = await db
    .selectFrom('knowledge_base_state')
    .select(['id', 'knowledge_base_id', 'data_source_id'])
    .where('dirty_since', '<', sql<Date>`now() - ${`${olderThanMs} milliseconds`}::interval`)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    knowledgeBaseId: row.knowledge_base_id,
    dataSourceId: row.data_source_id,
  }));
}
