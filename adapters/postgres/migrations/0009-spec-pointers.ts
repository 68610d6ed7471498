import { sql, type Kysely } from 'kysely';

/** Fixes that are in force before the files contain them, the history of their moves, and the switch that stops new ones. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table spec_pointers (
    id bigint generated always as identity primary key,
    tenant text not null,
    source text not null,
    incident text not null,
    -- sha256 of what was decided; a deploy is done once for each.
    patch_digest text not null,
    -- 'fix' leads away from what the files hold, 'revert' keeps a landed fix out that was rolled back.
    kind text not null check (kind in ('fix', 'revert')),
    from_digest text not null,
    to_digest text not null,
    -- The written 'extract' of both.
    from_extract jsonb not null,
    to_extract jsonb not null,
    state text not null check (state in ('in-force', 'landed', 'superseded', 'rolled-back')),
    author text not null,
    since timestamptz not null default clock_timestamp(),
    check (from_digest <> to_digest)
  )`,
  `create unique index spec_pointers_fix on spec_pointers (source, incident, patch_digest) where kind = 'fix'`,
  `create index spec_pointers_in_force on spec_pointers (source) where state = 'in-force'`,
  `create index spec_pointers_incident on spec_pointers (incident)`,
  `create table spec_moves (
    id bigint generated always as identity primary key,
    pointer bigint not null references spec_pointers (id) on delete cascade,
    move text not null check (move in ('deployed', 'landed', 'superseded', 'rolled-back', 'pinned')),
    -- The revision that it came into force with, where it made one.
    revision bigint,
    author text not null,
    at timestamptz not null default clock_timestamp()
  )`,
  `create index spec_moves_pointer on spec_moves (pointer, id)`,
  `create table repair_switch (
    tenant text primary key,
    is_on boolean not null,
    set_by text not null,
    reason text not null,
    set_at timestamptz not null default clock_timestamp()
  )`,
];
