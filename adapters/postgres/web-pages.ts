import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { SourceReference } from './source-state.ts';

/** Everything that is known of a page of a web source, for people who ask about it. */
export interface WebPage {
  readonly url: string;
  /** When the site was last asked for it, and what came; null when it never was. */
  readonly fetchedAt: Date | null;
  readonly status: number | null;
  /** Where redirects led. */
  readonly finalUrl: string | null;
  /** Start of the run that last read its content, whatever its validators said. */
  readonly readAt: Date | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly sitemapLastmod: string | null;
  /** sha256 of its text, hex. */
  readonly textHash: string | null;
  /** How many links within the scope it has; null when they were not kept. */
  readonly links: number | null;
  /**
   * Why it is no document or was not fetched: "robots", "noindex", "redirect", "view", "depth", "pages", "variants", "equal text",
   * "content type", "policy", "gone", or the name of a failure. Null when it was read well.
   */
  readonly reason: string | null;
  readonly detail: string | null;
  /** Its place in the crawl under way, if there is one that knows it. */
  readonly crawl: 'waiting' | 'visited' | null;
}

/** What is known of the page whose id has this hash; undefined when no crawl has met it. */
export async function readWebPage(
  db: Database,
  { tenant, source }: SourceReference,
  hash: string,
): Promise<WebPage | undefined> {
  const { rows } = await sql<WebPage>`
    select w.url, w.fetched_at as "fetchedAt", w.status, w.final_url as "finalUrl", w.read_at as "readAt", w.etag,
      w.last_modified as "lastModified", w.sitemap_lastmod as "sitemapLastmod", w.text_hash as "textHash",
      case when w.links = '' then 0 else array_length(string_to_array(w.links, E'\n'), 1) end as links, w.reason, w.detail,
      (select case when f.place is null then 'visited' else 'waiting' end from frontier f
        where f.tenant = w.tenant and f.source = w.source and f.url = w.url limit 1) as crawl
    from web_pages w where w.tenant = ${tenant} and w.source = ${source} and w.hash = ${hash}`.execute(
    db,
  );
  return rows[0];
}

/** What is remembered of the host of a page. */
export interface WebHost {
  /** Nobody asks it before; null when it did not ask to wait. */
  readonly heldUntil: Date | null;
  /** The newest answer to the question for robots.txt; null when nobody has asked. */
  readonly robotsAskedAt: Date | null;
  readonly robotsStatus: number | null;
  readonly robotsProblem: string | null;
  /** When the rules in force were read, and what they say. */
  readonly robotsReadAt: Date | null;
  readonly robots: string | null;
}

export async function readWebHost(db: Database, url: string): Promise<WebHost> {
  const { origin, host } = new URL(url);
  const { rows } = await sql<Omit<WebHost, 'robots'> & { readonly body: Buffer | null }>`
    select h.held_until as "heldUntil", c.asked_at as "robotsAskedAt", c.status as "robotsStatus", c.problem as "robotsProblem",
      c.fetched_at as "robotsReadAt", c.body
    from (select 1) as one left join robots_copies c on c.origin = ${origin}
      left join host_limits h on h.host = ${host} and h.held_until > now()`.execute(db);
  const { body, ...known } = rows[0] ?? UNKNOWN_HOST;
  return { ...known, robots: body?.toString('utf8') ?? null };
}

const UNKNOWN_HOST = {
  heldUntil: null,
  robotsAskedAt: null,
  robotsStatus: null,
  robotsProblem: null,
  robotsReadAt: null,
  body: null,
};
