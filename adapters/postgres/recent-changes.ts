import { sql } from 'kysely';
import type { FailureName } from '../../workflows/failures.ts';
import type { RepairOutcome } from '../../workflows/repair/outcome.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** Something that may be why a source broke, or that tells how such a break went before. */
export type ChangeRow = RevisionRow | MoveRow | OutcomeRow;

/** Somebody applied another definition of the source. */
export interface RevisionRow {
  readonly kind: 'revision';
  readonly atMs: number;
  readonly revision: number;
  readonly author: string;
}

/** A fix of the source came into force, or was taken out of it. */
export interface MoveRow {
  readonly kind: 'deployed' | 'rolled-back';
  readonly atMs: number;
  readonly incident: string;
  readonly author: string;
}

/** Another incident of the same break, or of the same host, ended. */
export interface OutcomeRow {
  readonly kind: 'outcome';
  readonly atMs: number;
  readonly incident: string;
  readonly source: string;
  readonly failure: FailureName;
  readonly outcome: RepairOutcome;
  readonly sameBreak: boolean;
}

export interface ChangesQuestion extends SourceReference {
  readonly incident: string;
  readonly fingerprint: string;
  /** Null: only the fingerprint tells what is alike. */
  readonly host: string | null;
  readonly limit: number;
}

/** The newest changes around an incident, newest first, and how many there are in all. A revision that only carried a fix is that fix. */
export async function readRecentChanges(
  db: Database,
  { tenant, source, incident, fingerprint, host, limit }: ChangesQuestion,
): Promise<{ readonly rows: readonly ChangeRow[]; readonly total: number }> {
  const { rows } = await sql<{ readonly change: ChangeRow; readonly total: number }>`
    with moves as (
      select m.id, m.at, m.move, m.author, m.revision, p.incident from spec_moves m join spec_pointers p on p.id = m.pointer
      where p.tenant = ${tenant} and p.source = ${source} and m.move in ('deployed', 'rolled-back')
    ), applied as (
      select id, created_at, author, sources ->> ${source} as digest, lag(sources ->> ${source}) over (order by id) as before from revisions
    ), changes as (
      select created_at as at, id, json_build_object('kind', 'revision', 'revision', id, 'author', author) as said from applied
        where digest is distinct from before and not exists (select 1 from moves m where m.revision = applied.id)
      union all
      select at, id, json_build_object('kind', move, 'incident', incident, 'author', author) from moves
      union all
      select i.closed_at, 0, json_build_object('kind', 'outcome', 'incident', i.id, 'source', i.source, 'failure', i.failure,
          'outcome', i.outcome, 'sameBreak', i.fingerprint = ${fingerprint}) from incidents i
        where i.tenant = ${tenant} and i.state = 'closed' and i.id <> ${incident} and (i.fingerprint = ${fingerprint} or i.host = ${host}::text)
    )
    select said::jsonb || jsonb_build_object('atMs', (extract(epoch from at) * 1000)::bigint) as change, count(*) over ()::integer as total
    from changes order by at desc, id desc, said::text limit ${limit}`.execute(db);
  return { rows: rows.map(({ change }) => change), total: rows[0]?.total ?? 0 };
}
