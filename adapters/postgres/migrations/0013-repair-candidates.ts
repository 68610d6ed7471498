import { sql, type Kysely } from 'kysely';

/** Every fix that was proposed, with what became of it: a repair names them by digest, so that what is deployed is what was checked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table repair_candidates (
    incident text not null,
    -- sha256 over the patch, the spec that it changes and the one that it makes, hex.
    patch_digest text not null,
    tenant text not null,
    source text not null,
    attempt integer not null,
    -- In the order in which they were proposed.
    position integer not null,
    -- RFC 6902, against the canonical spec.
    patch jsonb not null,
    from_spec_digest text not null,
    spec_digest text not null,
    -- The definition that it makes, stored and not in force.
    definition_digest text not null,
    strategies jsonb not null,
    families jsonb not null,
    explains text not null,
    changed_lines integer not null,
    margin double precision,
    agree double precision not null,
    distinct_passing integer not null,
    -- 'proposed', 'failed' (a check), 'chosen'.
    state text not null,
    -- Reports of the checks and what the gate weighs of them; null until they ran.
    checked jsonb,
    -- What the shadow run said; null until it ran.
    proof jsonb,
    -- What the gate said, with every number; null until it did.
    decision jsonb,
    proposed_at timestamptz not null default clock_timestamp(),
    primary key (incident, patch_digest)
  )`,
  `create index repair_candidates_of_source on repair_candidates (tenant, source, proposed_at)`,
];
