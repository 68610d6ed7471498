import { sql, type Kysely } from 'kysely';

/** Sets of deletions that wait for a person, and what was decided about them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table held_sets (
    tenant text not null,
    source text not null,
    -- sha256 over the sorted hashes of its documents, hex.
    digest text not null,
    -- The run that held it, and the definition that was in force then.
    run text not null,
    definition_digest text not null,
    failure text not null,
    reason text not null,
    candidates bigint not null,
    live bigint not null,
    sample jsonb not null,
    -- Documents that were seen in a later listing are no longer part of it.
    listing bigint not null,
    listing_complete boolean not null,
    state text not null default 'open',
    opened_at timestamptz not null default clock_timestamp(),
    -- How often people were told, for those who tell them.
    reminders integer not null default 0,
    escalations integer not null default 0,
    told_at timestamptz,
    decided_at timestamptz,
    decided_by text,
    decision_reason text,
    decision_proven boolean,
    -- The set or the run that took its place.
    superseded_by text,
    executed_at timestamptz,
    deleted bigint,
    dropped bigint,
    verified_at timestamptz,
    -- Why the knowledge base may still have what was deleted.
    problem text,
    primary key (tenant, source, digest)
  )`,
  `create index held_sets_by_time on held_sets (opened_at desc)`,
  `create table held_documents (
    tenant text not null,
    source text not null,
    digest text not null,
    hash text not null,
    -- What named the document as a candidate.
    rule text not null,
    primary key (tenant, source, digest, hash),
    foreign key (tenant, source, digest) references held_sets on delete cascade
  )`,
];
