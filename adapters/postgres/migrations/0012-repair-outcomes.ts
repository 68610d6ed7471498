import { sql, type Kysely } from 'kysely';

/** What came of each decision about a fix, what was learned from it, and how far repairs may go by themselves. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // `repair` of the definitions, as it was applied.
  `alter table revisions add column repair jsonb not null default '{"version":1}'`,
  `create table repair_outcomes (
    incident text primary key,
    tenant text not null,
    source text not null,
    host text,
    -- Of the incident: sha256, hex.
    fingerprint text not null,
    family text not null,
    strategy text not null,
    failure text not null,
    -- The failing fields, sorted, one a line: what a remembered fix is looked up by.
    fields text not null,
    patch_digest text not null,
    -- RFC 6902, below the extraction spec.
    patch jsonb not null,
    -- MinHash sketch of the failing page; null where none was kept.
    page_shape jsonb,
    score double precision not null,
    probability double precision not null,
    decision text not null,
    -- The evidence alone was good enough to deploy.
    shadow boolean not null,
    -- Made up, to show how the gate behaves.
    synthetic boolean not null default false,
    label text not null default 'pending',
    rolled_back boolean not null default false,
    decided_at timestamptz not null default clock_timestamp(),
    labelled_at timestamptz,
    -- Which observer said so: never the one that made the fix.
    labelled_by text
  )`,
  `create index repair_outcomes_by_fingerprint on repair_outcomes (tenant, source, fingerprint)`,
  `create index repair_outcomes_by_host on repair_outcomes (tenant, host, fields)`,
  `create index repair_outcomes_by_time on repair_outcomes (decided_at)`,
  // Every calibration there was; the newest is in force.
  `create table gate_calibrations (
    version bigint generated always as identity primary key,
    made_at timestamptz not null default clock_timestamp(),
    hash text not null,
    data jsonb not null,
    metrics jsonb not null,
    changes jsonb not null
  )`,
  // A person has said that deploys may go on after they were turned off everywhere.
  `create table gate_rearms (
    at timestamptz not null default clock_timestamp(),
    by text not null,
    because text not null
  )`,
];
