import { sql } from 'kysely';
import type { HeldMember } from './held-sets.ts';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/**
 * Lets the next run read the source from its beginning and write these documents anew, whatever is stored of them: hashes and validators are
 * forgotten. All of the source without `hashes`. Returns how many live ones there are among them; idempotent.
 */
export async function forgetStored(
  db: Database,
  { tenant, source }: SourceReference,
  hashes?: readonly string[],
): Promise<number> {
  const chosen = hashes === undefined ? sql`true` : sql`hash = any(${[...hashes]}::text[])`;
  const { rows } = await sql<{ count: number }>`
    with begun as (
      -- A claim with another signature begins anew, with a new listing.
      update source_state set config_sig = null where tenant = ${tenant} and source = ${source}
    ), pages as (
      update web_pages set config_sig = '' where tenant = ${tenant} and source = ${source} and ${chosen}
    ), forgotten as (
      update documents set content_hash = null, meta_hash = null, config_sig = null, etag = null, last_modified = null
      where tenant = ${tenant} and source = ${source} and state = 'live' and ${chosen} returning 1
    )
    select count(*) from forgotten`.execute(db);
  return rows[0]?.count ?? 0;
}

/** A source as its last run knew it. */
export interface FormerSource extends SourceReference {
  /** Of the definition. */
  readonly digest: string;
}

/** Undefined for a source that never ran. */
export async function readFormerSource(
  db: Database,
  source: string,
): Promise<FormerSource | undefined> {
  const { rows } = await sql<FormerSource>`
    select tenant, source, definition_digest as digest from runs where source = ${source} order by started_at desc limit 1`.execute(
    db,
  );
  return rows[0];
}

export interface FormerDocument extends HeldMember {
  readonly name: string;
}

/**
 * Opens a listing that shows nothing, for a source that no run will list again: every document of it is missing from it, until a run sees
 * it. An attempt that still lives can no longer commit. Returns the documents, sorted by hash.
 */
export async function missEveryDocument(
  db: Database,
  { tenant, source }: SourceReference,
  rule: string,
): Promise<readonly FormerDocument[]> {
  return db.transaction().execute(async (tx) => {
    await sql`
      update source_state set listing = listing + 1, listing_open = false, fence = fence + 1
      where tenant = ${tenant} and source = ${source}`.execute(tx);
    const { rows } = await sql<FormerDocument>`
      select hash, coalesce(title, doc_id) as name, ${rule}::text as rule from documents
      where tenant = ${tenant} and source = ${source} and state in ('live', 'deleting') order by hash`.execute(
      tx,
    );
    return rows;
  });
}
