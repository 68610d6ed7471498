import { sql } from 'kysely';
import type { RunStatus } from '../../workflows/collection/run-status.ts';
import type { FailureName } from '../../workflows/failures.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** A run as a repair looks at it: on which definition, and how it ended. */
export interface EndedRun {
  readonly run: string;
  readonly status: RunStatus;
  readonly failure?: FailureName;
  readonly definitionDigest: string;
  /** Of the extraction that was in force; undefined where the run read no page of a web source. */
  readonly specDigest?: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** Documents that were confirmed, whatever became of them: added, updated or unchanged. */
  readonly read: number;
  /** Documents that failed or were held one by one. */
  readonly failed: number;
  /** Whether every page of the listing was read; undefined where there is none. */
  readonly listingComplete?: boolean;
  /** What it was held for: a kind of question. */
  readonly heldFor?: string;
}

/**
 * Runs of a source that began after a time and have ended, the oldest first; those that read a few dead letters again say nothing. Of very many
 * the newest: a source that is read each minute must not look as it did hours ago.
 */
export async function runsSince(
  db: Database,
  { tenant, source }: SourceReference,
  since: Date,
): Promise<readonly EndedRun[]> {
  const { rows } = await sql<EndedRunRow>`
    select r.id, r.status, r.failure, r.definition_digest, t.spec_digest, r.started_at, r.finished_at, r.counts, r.listing_complete,
      r.held ->> 'kind' as held_for
    from runs r left join run_tallies t on t.run = r.id
    where r.tenant = ${tenant} and r.source = ${source} and r.started_at >= ${since} and r.finished_at is not null
      and r.status <> 'running' and r.trigger not in ('dead-letters', 'shadow')
    order by r.started_at desc, r.id desc limit ${MAX_RUNS}`.execute(db);
  return rows.toReversed().map(toRun);
}

const MAX_RUNS = 200;

interface EndedRunRow {
  readonly id: string;
  readonly status: RunStatus;
  readonly failure: string | null;
  readonly definition_digest: string;
  readonly spec_digest: string | null;
  readonly started_at: Date;
  readonly finished_at: Date;
  readonly counts: Partial<Record<'added' | 'updated' | 'unchanged' | 'failed' | 'held', number>>;
  readonly listing_complete: boolean | null;
  readonly held_for: string | null;
}

function toRun(row: EndedRunRow): EndedRun {
  const { added = 0, updated = 0, unchanged = 0, failed = 0, held = 0 } = row.counts;
  return {
    run: row.id,
    status: row.status,
    // Written by our own runs alone.
    ...(row.failure === null ? {} : { failure: row.failure as FailureName }),
    definitionDigest: row.definition_digest,
    ...(row.spec_digest === null ? {} : { specDigest: row.spec_digest }),
    startedAtMs: row.started_at.getTime(),
    endedAtMs: row.finished_at.getTime(),
    read: added + updated + unchanged,
    failed: failed + held,
    ...(row.listing_complete === null ? {} : { listingComplete: row.listing_complete }),
    ...(row.held_for === null ? {} : { heldFor: row.held_for }),
  };
}

/** Ids of stored documents, those first whose versions are kept as samples: the smallest hashes. */
export async function liveDocumentIds(
  db: Database,
  { tenant, source }: SourceReference,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('documents')
    .select('doc_id')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('state', '=', 'live')
    .orderBy('hash')
    .limit(limit)
    .execute();
  return rows.map(({ doc_id }) => doc_id);
}
