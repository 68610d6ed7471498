import { sql, type Transaction } from 'kysely';
import {
  isStorm,
  STORM_OVER_MS,
  STORM_WITHIN_MS,
  stormText,
  type StormScope,
} from '../../workflows/repair/storm.ts';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Breaks that have one cause, as people are told of them. */
export interface StormFacts {
  readonly id: string;
  readonly scope: StormScope;
  readonly key: string;
  /** A whole sentence. */
  readonly because: string;
}

export interface StormCandidate {
  readonly incident: string;
  readonly host: string | null;
  readonly failure: string;
  readonly release: number | null;
}

/** Incidents that are opened at the same time must see each other. Held until the transaction ends. */
export async function lockStorms(tx: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('incidents', 0))`.execute(tx);
}

/**
 * Looks whether an incident that was just opened makes a storm, or belongs to one. `storms` are those that began with it; all incidents of a
 * storm carry its id.
 */
export async function noteStorms(
  tx: Transaction<Tables>,
  candidate: StormCandidate,
): Promise<{ readonly storm?: string; readonly storms: readonly StormFacts[] }> {
  const begun: StormFacts[] = [];
  let storm: string | undefined;
  for (const [scope, key] of scopesOf(candidate)) {
    const joined = await joinStorm(tx, scope, key);
    // What has one cause already needs no second one.
    const isNew = joined === undefined && storm === undefined;
    const known = isNew ? await beginStorm(tx, scope, key, begun) : joined;
    if (known === undefined) continue;
    storm ??= known;
    await sql`
      update incidents set storm = ${known} where storm is null and state = 'open' and ${matches(scope, key)} and ${recent()}`.execute(
      tx,
    );
  }
  return { ...(storm === undefined ? {} : { storm }), storms: begun };
}

function scopesOf({ host, failure, release }: StormCandidate): readonly [StormScope, string][] {
  return [
    ...(host === null ? [] : [['host', host] as [StormScope, string]]),
    ['failure', failure],
    ...(release === null ? [] : [['release', String(release)] as [StormScope, string]]),
  ];
}

async function joinStorm(
  tx: Transaction<Tables>,
  scope: StormScope,
  key: string,
): Promise<string | undefined> {
  await endStorms(tx);
  const { rows } = await sql<{ id: string }>`
    update systemic_incidents set breaks = breaks + 1, last_failure_at = clock_timestamp()
    where scope = ${scope} and key = ${key} and released_at is null returning id`.execute(tx);
  return rows[0]?.id;
}

async function beginStorm(
  tx: Transaction<Tables>,
  scope: StormScope,
  key: string,
  begun: StormFacts[],
): Promise<string | undefined> {
  const { rows } = await sql<{ breaks: number; before: number }>`
    select (select count(distinct (tenant, source, fingerprint))::integer from incidents
        where storm is null and ${matches(scope, key)} and ${recent()}) as breaks,
      (select count(*)::integer from systemic_incidents) as before`.execute(tx);
  const { breaks, before } = rows[0] ?? { breaks: 0, before: 0 };
  if (!isStorm(breaks)) return undefined;
  const because = stormText(scope, key, breaks);
  const id = `storm-${before + 1}`;
  await sql`
    insert into systemic_incidents (id, scope, key, because, breaks, last_failure_at)
    values (${id}, ${scope}, ${key}, ${because}, ${breaks}, clock_timestamp())`.execute(tx);
  begun.push({ id, scope, key, because });
  return id;
}

function matches(scope: StormScope, key: string) {
  return {
    host: sql`host = ${key}`,
    failure: sql`failure = ${key}`,
    release: sql`release = ${key}::bigint`,
  }[scope];
}

function recent() {
  return sql`opened_at > clock_timestamp() - ${`${STORM_WITHIN_MS} milliseconds`}::interval`;
}

/** Ends the holds of storms in which failures have stopped. */
export async function endStorms(db: Database): Promise<void> {
  await sql`
    update systemic_incidents set released_at = clock_timestamp(), released_by = 'failures stopped'
    where released_at is null and last_failure_at < clock_timestamp() - ${`${STORM_OVER_MS} milliseconds`}::interval`.execute(
    db,
  );
}

export interface SystemicHold extends StormFacts {
  /** When failures will have stopped for long enough, if none comes. */
  readonly untilMs: number;
}

/** What holds the repairs of an incident: several breaks with one cause. Undefined once a person released it, or failures have stopped. */
export async function systemicHold(
  db: Database,
  incident: string,
): Promise<SystemicHold | undefined> {
  await endStorms(db);
  const { rows } = await sql<StormFacts & { lastFailureAt: Date }>`
    select s.id, s.scope, s.key, s.because, s.last_failure_at as "lastFailureAt" from systemic_incidents s, incidents i
    where i.id = ${incident} and s.released_at is null
      and (i.storm = s.id or case s.scope when 'host' then i.host = s.key when 'failure' then i.failure = s.key else i.release::text = s.key end)
    order by s.opened_at limit 1`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { lastFailureAt, ...storm } = row;
  return { ...storm, untilMs: lastFailureAt.getTime() + STORM_OVER_MS };
}

export interface SystemicIncident extends StormFacts {
  readonly breaks: number;
  readonly openedAt: Date;
  readonly lastFailureAt: Date;
}

/** The storms that hold repairs, the oldest first. */
export async function openSystemicIncidents(db: Database): Promise<readonly SystemicIncident[]> {
  await endStorms(db);
  const { rows } = await sql<SystemicIncident>`
    select id, scope, key, because, breaks, opened_at as "openedAt", last_failure_at as "lastFailureAt" from systemic_incidents
    where released_at is null order by opened_at, id`.execute(db);
  return rows;
}

/** A person lets the repairs of a storm go on. False when it holds nothing (any more). Idempotent. */
export async function releaseSystemicHold(db: Database, id: string, by: string): Promise<boolean> {
  const result = await sql`
    update systemic_incidents set released_at = clock_timestamp(), released_by = ${by}
    where id = ${id} and released_at is null`.execute(db);
  return (result.numAffectedRows ?? 0n) > 0n;
}
