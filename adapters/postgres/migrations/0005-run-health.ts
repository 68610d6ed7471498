import { sql, type Kysely } from 'kysely';

/** Whether each source gets anywhere, why its schedule is paused, and when a dead letter is tried again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table source_health (
    tenant text not null,
    source text not null,
    -- Of the run that wrote the row. Under another definition the row says nothing.
    definition_digest text not null,
    -- Runs in a row that confirmed nothing and whose failure was the source's own.
    idle_runs integer not null default 0,
    -- Why the system itself paused the schedule: failure, no-progress. Null while it runs, or while only a person paused it.
    paused_by text,
    failure text,
    reason text,
    paused_at timestamptz,
    -- Temporal has the pause. If its schedule runs nevertheless, a person lifted it.
    pause_applied boolean not null default false,
    updated_at timestamptz not null default now(),
    primary key (tenant, source)
  )`,
  `create index source_health_paused on source_health (tenant, source) where paused_by is not null`,
  // Asked for by a person, taken by the next run that a person started: what it should do instead of reading everything.
  `create table run_requests (
    tenant text not null,
    source text not null,
    kind text not null,
    requested_at timestamptz not null default now(),
    primary key (tenant, source)
  )`,
  // Documents that the run had confirmed when the last attempt at a slice began: the one after a crash sees whether there was progress.
  `alter table runs add column slice_confirmed bigint`,
  `alter table dead_letters
    -- Null: tried often enough; only a person, another input or another definition makes it due.
    add column next_attempt_at timestamptz default now(),
    -- A person asked for it: it is due, and its attempts count from the beginning.
    add column requested_at timestamptz,
    -- Where the input can be looked at, and the hashes of what was refused, where it was read at all.
    add column input_ref text,
    add column input_sha256 text,
    add column input_meta_sha256 text,
    add column config_sig text,
    -- The listing that met it last.
    add column listing bigint`,
  `create index dead_letters_due on dead_letters (tenant, source, next_attempt_at)`,
];
