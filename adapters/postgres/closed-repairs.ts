import { sql } from 'kysely';
import type { ClosedRepair } from '../../workflows/repair/metrics.ts';
import type { Database } from './database.ts';

interface Row extends Omit<ClosedRepair, 'goodAtMs' | 'waitedMs'> {
  readonly goodAtMs: number | null;
  readonly waitedMs: number | null;
}

/** Incidents that were closed since then, with the first good run after their fix, and how long it waited for people. */
export async function readClosedRepairs(
  db: Database,
  since: Date,
): Promise<readonly ClosedRepair[]> {
  const { rows } = await sql<Row>`
    select i.outcome, i.failure, i.heals,
      coalesce((i.repair ->> 'byPerson')::boolean, false) as "byPerson",
      ${ms('i.first_failure_at')} as "firstFailureAtMs",
      ${ms('good.finished_at')} as "goodAtMs",
      case when i.repair -> 'deployed' ->> 'decidedBy' <> 'gate' then
        greatest(0, (i.repair -> 'deployed' ->> 'atMs')::double precision - (i.repair -> 'decision' ->> 'decidedAtMs')::double precision)
      end as "waitedMs"
    from incidents i
    left join lateral (
      select r.finished_at from runs r
      where r.tenant = i.tenant and r.source = i.source and r.trigger <> 'shadow' and r.status = 'succeeded'
        and r.started_at >= to_timestamp((i.repair -> 'deployed' ->> 'atMs')::double precision / 1000)
      order by r.finished_at limit 1
    ) good on true
    where i.closed_at >= ${since} and i.outcome is not null`.execute(db);
  return rows.map(({ goodAtMs, waitedMs, ...row }) => ({
    ...row,
    ...(goodAtMs === null ? {} : { goodAtMs }),
    ...(waitedMs === null ? {} : { waitedMs }),
  }));
}

export async function countOpenIncidents(db: Database): Promise<number> {
  const { rows } = await sql<{ open: number }>`
    select count(*)::integer as open from incidents where state = 'open'`.execute(db);
  return rows[0]?.open ?? 0;
}

function ms(column: string) {
  return sql`(extract(epoch from ${sql.ref(column)}) * 1000)::double precision`;
}
