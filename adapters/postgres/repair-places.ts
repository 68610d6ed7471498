import { sql, type Transaction } from 'kysely';
import type { RepairCaps } from '../../workflows/repair/policy.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** A repair that died gives its place back after so long. */
const LEASE_MS = 1_800_000;
const HOUR_MS = 3_600_000;

/** `wait`: over a cap; nothing is dropped. `because` is a whole sentence. */
export type Place =
  | { readonly kind: 'ok' }
  | { readonly kind: 'wait'; readonly waitMs: number; readonly because: string };

interface Load {
  readonly host: string | null;
  readonly mine: boolean;
  readonly started: boolean;
  readonly active: number;
  readonly ofHost: number;
  readonly inHour: number;
  readonly oldestMs: number | null;
  readonly freeMs: number | null;
}

/**
 * Takes a place for the repair of an incident, within the caps of the policy: at a time on one host, at a time in all, and begun within an
 * hour. Asked again by the one who has it, it is kept for another half an hour. Idempotent.
 */
export async function takeRepairPlace(
  db: Database,
  incident: string,
  caps: RepairCaps,
): Promise<Place> {
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('repair places', 0))`.execute(tx);
    const load = await readLoad(tx, incident);
    const wait = load.mine ? undefined : waitFor(load, caps);
    if (wait) return wait;
    await sql`
      update incidents set started_at = coalesce(started_at, clock_timestamp()),
        active_until = clock_timestamp() + ${`${LEASE_MS} milliseconds`}::interval
      where id = ${incident} and state = 'open'`.execute(tx);
    return { kind: 'ok' };
  });
}

/** Gives the place back: the repair waits for people, or for runs. A closed incident has none. */
export async function leaveRepairPlace(db: Database, incident: string): Promise<void> {
  await db
    .updateTable('incidents')
    .set({ active_until: null })
    .where('id', '=', incident)
    .execute();
}

async function readLoad(tx: Transaction<Tables>, incident: string): Promise<Load> {
  const { rows } = await sql<Load>`
    select i.host, i.active_until > clock_timestamp() is true as mine, i.started_at is not null as started,
      (select count(*)::integer from incidents a where a.active_until > clock_timestamp()) as active,
      (select count(*)::integer from incidents a where a.active_until > clock_timestamp() and a.host = i.host) as "ofHost",
      (select count(*)::integer from incidents a where a.started_at > clock_timestamp() - interval '1 hour') as "inHour",
      (select extract(epoch from clock_timestamp() - min(a.started_at)) * 1000 from incidents a
        where a.started_at > clock_timestamp() - interval '1 hour')::double precision as "oldestMs",
      (select extract(epoch from min(a.active_until) - clock_timestamp()) * 1000 from incidents a
        where a.active_until > clock_timestamp())::double precision as "freeMs"
    from incidents i where i.id = ${incident}`.execute(tx);
  const [row] = rows;
  return (
    row ?? {
      host: null,
      mine: false,
      started: false,
      active: 0,
      ofHost: 0,
      inHour: 0,
      oldestMs: null,
      freeMs: null,
    }
  );
}

/** A place may come free at any time: it is asked for again within a minute. */
const ASK_AGAIN_MS = 60_000;

function waitFor(load: Load, { perHost, perHour, atATime }: RepairCaps): Place | undefined {
  const soonMs = Math.max(1000, Math.min(ASK_AGAIN_MS, load.freeMs ?? ASK_AGAIN_MS));
  if (load.host !== null && load.ofHost >= perHost)
    return wait(soonMs, `${load.ofHost} repairs of host "${load.host}" are under way`, perHost);
  if (load.active >= atATime) return wait(soonMs, `${load.active} repairs are under way`, atATime);
  if (!load.started && load.inHour >= perHour) {
    const untilMs = Math.max(1000, HOUR_MS - (load.oldestMs ?? 0));
    return wait(untilMs, `${load.inHour} repairs were begun within an hour`, perHour);
  }
  return undefined;
}

function wait(waitMs: number, what: string, cap: number): Place {
  return {
    kind: 'wait',
    waitMs: Math.ceil(waitMs),
    because: `${what}, and ${cap} are allowed (repair.caps).`,
  };
}
