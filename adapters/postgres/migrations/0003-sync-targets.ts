import { sql, type Kysely } from 'kysely';

/** Where the documents of a source are ingested from, so that a new knowledge base is filled and an old one is told. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table source_state
    add column target jsonb,
    -- Those whose buckets may still hold objects of the source.
    add column former_targets jsonb not null default '[]'`.execute(db);
}
