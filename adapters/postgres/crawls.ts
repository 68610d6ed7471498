import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** One page of a crawl. */
export interface FrontierRow {
  /** Its number, in the order of discovery. */
  readonly page: number;
  readonly url: string;
  readonly depth: number;
  readonly tries: number;
  /** Among those that wait, lowest first; null when it was visited. */
  readonly place: number | null;
  /** It was visited and is not there. */
  readonly absent: boolean;
  /** The list that it continues, and its number in it. */
  readonly listUrl: string | null;
  readonly listPage: number | null;
  /** What the sitemap says of its last change, as written. */
  readonly lastmod: string | null;
}

/** Names the state of a crawl after one of its commits. */
export interface CrawlReference {
  readonly crawl: string;
  readonly step: number;
}

export interface StoredCrawl {
  /** What the crawl noted besides its pages, as JSON. */
  readonly notes: unknown;
  /** In the order of discovery. */
  readonly rows: readonly FrontierRow[];
}

/** What a crawl changes between two commits. */
export interface CrawlChanges extends CrawlReference {
  /** It came to its end: nothing of it is needed any more, but for what is known of its pages. */
  readonly ended: boolean;
  readonly notes: object;
  readonly rows: readonly FrontierRow[];
  readonly pages: readonly PageVisit[];
}

/** What one visit says of a page. */
export interface PageVisit {
  readonly url: string;
  /** Whole: the content was read. Other visits leave what that reading has found. */
  readonly kind: 'read' | 'not read';
  /** When the site was asked, ISO 8601; absent when it was not. */
  readonly fetchedAt?: string;
  readonly status?: number;
  /** Where it came from, if redirects led elsewhere. */
  readonly finalUrl?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  readonly textHash?: string;
  readonly links?: readonly string[];
  readonly sitemapLastmod?: string;
  /** Why it is no document, or was not fetched. */
  readonly reason?: string;
  readonly detail?: string;
}

/** What is known of a page from an earlier reading with the same configuration. */
export interface KnownPage {
  /** Start of the run that last read the content. */
  readonly readAt?: Date;
  /** Absent if they were too many to be kept. */
  readonly links?: readonly string[];
  readonly sitemapLastmod?: string;
}

/** One visit of each page: a later one adds to what an earlier one said, and its reason counts. */
export function mergeVisits(visits: readonly PageVisit[]): readonly PageVisit[] {
  const merged = new Map<string, PageVisit>();
  for (const visit of visits) {
    const { reason: _reason, detail: _detail, ...earlier } = merged.get(visit.url) ?? visit;
    const kind = earlier.kind === 'read' ? earlier.kind : visit.kind;
    merged.set(visit.url, { ...earlier, ...visit, kind });
  }
  return [...merged.values()];
}

/** The state of a crawl as a cursor names it; undefined when that is no longer there. Whoever goes on with it has not abandoned it. */
export async function readCrawl(
  db: Database,
  { tenant, source }: SourceReference,
  { crawl, step }: CrawlReference,
): Promise<StoredCrawl | undefined> {
  const found = await db
    .updateTable('crawls')
    .set({ updated_at: sql<Date>`now()` })
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('crawl', '=', crawl)
    .where('step', '=', step)
    .returning('notes')
    .executeTakeFirst();
  if (!found) return undefined;
  const { rows } = await sql<FrontierRow>`
    select page, url, depth, tries, place, absent, list_url as "listUrl", list_page as "listPage", lastmod from frontier
    where tenant = ${tenant} and source = ${source} and crawl = ${crawl} order by page`.execute(db);
  return { notes: found.notes, rows };
}

/** What is known of the pages with these hashes; unknown ones, and those read with another configuration, are missing. */
export async function readKnownPages(
  db: Database,
  { tenant, source, configSig }: SourceReference & { readonly configSig: string },
  hashes: readonly string[],
): Promise<ReadonlyMap<string, KnownPage>> {
  if (hashes.length === 0) return new Map();
  const rows = await db
    .selectFrom('web_pages')
    .select(['hash', 'read_at', 'links', 'sitemap_lastmod'])
    .where('tenant', '=', tenant)
    .where('source', '=', source)
    .where('config_sig', '=', configSig)
    .where('hash', '=', sql<string>`any(${hashes}::text[])`)
    .execute();
  return new Map(
    rows.map((row) => [
      row.hash,
      {
        ...(row.read_at ? { readAt: row.read_at } : {}),
        ...(row.links === null
          ? {}
          : { links: row.links.split('\n').filter((link) => link !== '') }),
        ...(row.sitemap_lastmod ? { sitemapLastmod: row.sitemap_lastmod } : {}),
      },
    ]),
  );
}

/** Removes what crawls left behind that nobody has gone on with for so long: their sources are gone or paused. Returns how many. */
export async function forgetAbandonedCrawls(db: Database, olderThanMs: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with old as (
      delete from crawls where updated_at < now() - ${`${olderThanMs} milliseconds`}::interval returning tenant, source
    ), pages as (
      delete from frontier f using old where f.tenant = old.tenant and f.source = old.source
    )
    select count(*) from old`.execute(db);
  return rows[0]?.count ?? 0;
}
