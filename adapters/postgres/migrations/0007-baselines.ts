import { sql, type Kysely } from 'kysely';

/** What a run is compared with: sizes of documents, listings of earlier runs, the shape of a source; and what people have accepted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `alter table documents
    -- Size of the newest version where that was held back; the stored one is in "bytes".
    add column held_bytes bigint,
    -- A person has accepted that the document is as small as this.
    add column accepted_bytes bigint`,
  `create index documents_held on documents (tenant, source) where failure = 'ContentShrank'`,
  `alter table held_sets
    add column kind text not null default 'deletions',
    -- What an approval makes the new baseline, by kind.
    add column baseline jsonb`,
  `alter table held_documents add column bytes bigint`,
  `alter table runs
    -- Documents that a complete listing showed, whatever came of them.
    add column listed bigint,
    -- Sentences about what was noticed and stopped nothing.
    add column notes jsonb,
    -- Fingerprint of the source's shape at the start of the run.
    add column shape text`,
  `update runs set listed = coalesce((counts->>'added')::bigint, 0) + coalesce((counts->>'updated')::bigint, 0)
      + coalesce((counts->>'unchanged')::bigint, 0) + coalesce((counts->>'failed')::bigint, 0)
    where listing_complete`,
  `create table source_shapes (
    tenant text not null,
    source text not null,
    -- Another definition of the source starts anew.
    config_sig text not null,
    -- sha256 of the canonical shape, hex.
    fingerprint text not null,
    shape jsonb not null,
    since timestamptz not null default clock_timestamp(),
    -- The run that saw it first, or the person who accepted it.
    accepted_by text not null,
    primary key (tenant, source)
  )`,
];
