import type { RunCounts } from '../../workflows/collection/counts.ts';
import type { Database } from './database.ts';

/** A run as people follow it. */
export interface RunRow {
  readonly id: string;
  readonly source: string;
  readonly status: string;
  readonly phase: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly counts: Partial<RunCounts>;
  readonly failure: string | null;
  readonly message: string | null;
}

/** Runs of one source or of all that began or changed since a time, oldest first. */
export async function readRuns(
  db: Database,
  { since, source }: { readonly since: Date; readonly source?: string },
): Promise<readonly RunRow[]> {
  let query = db
    .selectFrom('runs')
    .select([
      'id',
      'source',
      'status',
      'phase',
      'started_at',
      'finished_at',
      'counts',
      'failure',
      'failure_message',
    ])
    .where('updated_at', '>=', since);
  if (source !== undefined) query = query.where('source', '=', source);
  const rows = await query.orderBy('started_at').execute();
  return rows.map((row) => ({
    id: row.id,
    source: row.source,
    status: row.status,
    phase: row.phase,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    counts: row.counts,
    failure: row.failure,
    message: row.failure_message,
  }));
}
