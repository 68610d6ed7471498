import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** Fixes of a source that the gate deployed without a person since then. */
export async function deploysSince(
  db: Database,
  { tenant, source }: SourceReference,
  since: Date,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from incidents where tenant = ${tenant} and source = ${source}
      and repair -> 'deployed' ->> 'decidedBy' = 'gate'
      and (repair -> 'deployed' ->> 'atMs')::double precision >= ${since.getTime()}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Incidents of a source since then whose fix had to be taken back, also after its probation. */
export async function failedRepairsSince(
  db: Database,
  { tenant, source }: SourceReference,
  since: Date,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from incidents where tenant = ${tenant} and source = ${source}
      and (closed_at >= ${since} and outcome in ('auto-deployed-rolled-back', 'pr-merged-rolled-back')
        or (repair -> 'rolledBack' ->> 'atMs')::double precision >= ${since.getTime()})`.execute(
    db,
  );
  return rows[0]?.count ?? 0;
}

/** Has a person rejected exactly this fix of the source before, or was it taken back? */
export async function wasRefused(
  db: Database,
  { tenant, source, patchDigest }: SourceReference & { readonly patchDigest: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('repair_outcomes')
    .select('incident')
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('patch_digest', '=', patchDigest)
    .where('synthetic', '=', false)
    .where('label', '=', 'failure')
    .where('labelled_by', 'in', ['verdict', 'rollback'])
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
