import { sql } from 'kysely';
import type { HostLimits, RobotsAnswer, TakenTurns } from '../net/host-limits.ts';
import type { Database } from './database.ts';

/** The limits of hosts for all workers of one database, by its clock. */
export function createHostLimits(db: Database): HostLimits {
  return {
    async take(host, { intervalMs, turns, maxWaitMs }) {
      const span = interval(intervalMs * turns);
      const { rows } = await sql<TakenTurns>`
        with taken as (
          insert into host_limits as h (host, next_at) values (${host}, clock_timestamp() + ${span})
          on conflict (host) do update
            set next_at = greatest(h.next_at, h.held_until, clock_timestamp()) + ${span}, updated_at = now()
            where greatest(h.next_at, h.held_until) <= clock_timestamp() + ${interval(maxWaitMs)}
          returning next_at - ${span} as first_at
        )
        select true as taken, ${untilMs('first_at')} as "waitMs" from taken
        union all
        select false, ${untilMs('greatest(next_at, held_until)')} from host_limits
        where host = ${host} and not exists (select 1 from taken)`.execute(db);
      // Between the two halves of the statement the row of a new host may not be seen: whoever made it is ahead.
      return rows[0] ?? { taken: false, waitMs: intervalMs };
    },
    async hold(host, forMs) {
      await sql`
        insert into host_limits as h (host, next_at, held_until) values (${host}, now(), now() + ${interval(forMs)})
        on conflict (host) do update set held_until = greatest(h.held_until, excluded.held_until), updated_at = now()`.execute(
        db,
      );
    },
    async look(origin, host) {
      const { rows } = await sql<{ body: Buffer | null; ageMs: number | null; heldMs: number }>`
        select c.body, extract(epoch from clock_timestamp() - c.fetched_at)::float8 * 1000 as "ageMs",
          coalesce((select ${untilMs('held_until')} from host_limits where host = ${host}), 0) as "heldMs"
        from (select 1) as one left join robots_copies c on c.origin = ${origin}`.execute(db);
      const { body = null, ageMs = null, heldMs = 0 } = rows[0] ?? {};
      return { heldMs, ...(body === null || ageMs === null ? {} : { copy: { body, ageMs } }) };
    },
    keep: (origin, answer) => keep(db, origin, answer),
  };
}

/** Removes what is remembered of hosts that nobody has asked for so long. */
export async function forgetOldHosts(db: Database, olderThanMs: number): Promise<void> {
  await sql`
    with limits as (
      delete from host_limits where greatest(updated_at, next_at, held_until) < now() - ${interval(olderThanMs)}
    )
    delete from robots_copies where asked_at < now() - ${interval(olderThanMs)}`.execute(db);
}

async function keep(
  db: Database,
  origin: string,
  { status, body, problem }: RobotsAnswer,
): Promise<void> {
  await sql`
    insert into robots_copies as c (origin, asked_at, status, problem, fetched_at, body)
    values (${origin}, now(), ${status ?? null}, ${problem ?? null}, case when ${body !== undefined} then now() end, ${body ?? null})
    on conflict (origin) do update set asked_at = now(), status = excluded.status, problem = excluded.problem,
      fetched_at = coalesce(excluded.fetched_at, c.fetched_at), body = coalesce(excluded.body, c.body)`.execute(
    db,
  );
}

function interval(ms: number) {
  return sql`${`${Math.round(ms)} milliseconds`}::interval`;
}

/** Milliseconds until a time; 0 when it has passed or is not set. */
function untilMs(time: string) {
  return sql`greatest(0, coalesce(extract(epoch from ${sql.raw(time)} - clock_timestamp())::float8 * 1000, 0))`;
}
