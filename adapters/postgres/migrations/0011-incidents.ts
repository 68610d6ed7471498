import { sql, type Kysely } from 'kysely';

/** What broke, how often, and what became of it; and breaks that have one cause. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table incidents (
    -- Readable: the source and eight characters of the fingerprint; "-2" and so on for a later one.
    id text primary key,
    tenant text not null,
    source text not null,
    -- sha256, hex: the same break has the same one.
    fingerprint text not null,
    failure text not null,
    detector text not null,
    fields jsonb not null default '[]',
    because text not null,
    spec_digest text not null,
    definition_digest text not null,
    -- Whether a repair can heal sources like it.
    heals boolean not null,
    host text,
    -- The revision in force when it broke, where that was new.
    release bigint,
    state text not null default 'open',
    stage text not null default 'triaging',
    outcome text,
    because_closed text,
    occurrences integer not null default 1,
    -- [{run, atMs}]: the first five and the last fifteen.
    first_occurrences jsonb not null,
    last_occurrences jsonb not null,
    -- Occurrences that came while the closed incident was quiet.
    suppressed integer not null default 0,
    first_failure_at timestamptz not null,
    last_failure_at timestamptz not null,
    opened_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    -- The last run that met it.
    run text,
    evidence text,
    storm text,
    -- The incident whose fix did not hold.
    regression_of text,
    -- A repair has been at work on it since, and until then it takes a place.
    started_at timestamptz,
    active_until timestamptz,
    -- What the repair knows of itself.
    repair jsonb not null default '{}'
  )`,
  `create unique index incidents_open on incidents (tenant, source, fingerprint) where state = 'open'`,
  `create index incidents_of_source on incidents (tenant, source, opened_at)`,
  `create index incidents_run on incidents (run)`,
  `create index incidents_by_time on incidents (opened_at)`,
  `create index incidents_started on incidents (started_at) where started_at is not null`,
  `create table systemic_incidents (
    id text primary key,
    -- host, failure or release.
    scope text not null,
    key text not null,
    because text not null,
    breaks integer not null,
    opened_at timestamptz not null default clock_timestamp(),
    last_failure_at timestamptz not null,
    released_at timestamptz,
    released_by text
  )`,
  `create unique index systemic_incidents_open on systemic_incidents (scope, key) where released_at is null`,
  // A person has said that the source is right as it is: runs before then are no baseline any more.
  `create table baseline_resets (
    tenant text not null,
    source text not null,
    at timestamptz not null default clock_timestamp(),
    by text not null,
    because text not null,
    primary key (tenant, source)
  )`,
  `alter table runs
    -- What the detectors said when the read was over.
    add column findings jsonb`,
];
