import { sql, type RawBuilder } from 'kysely';
import type { CrawlChanges, PageVisit } from './crawls.ts';
import type { SourceReference } from './source-state.ts';

/** Changes of a crawl, to be committed with a batch. */
export interface CrawlCommit {
  readonly changes: CrawlChanges;
  readonly configSig: string;
  readonly startedAt: Date;
  /** The name of a page among the rows. */
  readonly hashOf: (url: string) => string;
}

/**
 * Parts of the one statement that commits a batch: each waits for `claim`, so that a zombie changes nothing. Rows of other crawls of the
 * source go: a source has one crawl, and what a broken or reconfigured one left is of no use.
 */
export function crawlParts(
  { tenant, source }: SourceReference,
  commit: CrawlCommit | undefined,
): RawBuilder<unknown> {
  if (commit === undefined) return sql``;
  const { crawl, step, notes, rows, pages, ended } = commit.changes;
  const kept = ended ? [] : rows;
  return sql`, crawl_state as (
      insert into crawls as c (tenant, source, crawl, step, notes)
      select ${tenant}, ${source}, ${crawl}, ${step}::bigint, ${JSON.stringify(notes)}::jsonb
      where ${!ended} and exists (select 1 from claim)
      on conflict (tenant, source) do update set crawl = excluded.crawl, step = excluded.step, notes = excluded.notes, updated_at = now()
    ), crawl_ended as (
      delete from crawls where ${ended} and tenant = ${tenant} and source = ${source} and exists (select 1 from claim)
    ), frontier_old as (
      delete from frontier where tenant = ${tenant} and source = ${source} and (${ended} or crawl <> ${crawl}) and exists (select 1 from claim)
    ), frontier_rows as (
      insert into frontier as f (tenant, source, crawl, page, url, depth, tries, place, absent, list_url, list_page, lastmod)
      select ${tenant}, ${source}, ${crawl}, r.page, r.url, r.depth, r.tries, r.place, r.absent, r."listUrl", r."listPage", r.lastmod
      from jsonb_to_recordset(${JSON.stringify(kept)}::jsonb) as r(page integer, url text, depth smallint, tries smallint, place bigint,
        absent boolean, "listUrl" text, "listPage" integer, lastmod text)
      where exists (select 1 from claim)
      on conflict (tenant, source, crawl, page) do update set depth = excluded.depth, tries = excluded.tries, place = excluded.place,
        absent = excluded.absent, list_url = excluded.list_url, list_page = excluded.list_page
    ), pages_old as (
      delete from web_pages where ${ended} and tenant = ${tenant} and source = ${source} and updated_at < now() - interval '90 days'
        and hash <> all(${pages.map(({ url }) => commit.hashOf(url))}::text[]) and exists (select 1 from claim)
    ), pages as (
      insert into web_pages as w (tenant, source, hash, url, config_sig, fetched_at, read_at, status, final_url, etag, last_modified,
        text_hash, links, sitemap_lastmod, reason, detail)
      select ${tenant}, ${source}, r.hash, r.url, ${commit.configSig}, r."fetchedAt",
        case when r.kind = 'read' then ${commit.startedAt}::timestamptz end, r.status, r."finalUrl", r.etag, r."lastModified", r."textHash",
        r.links, r."sitemapLastmod", r.reason, r.detail
      from jsonb_to_recordset(${JSON.stringify(pages.map((page) => pageRow(page, commit)))}::jsonb) as r(hash text, url text, kind text,
        "fetchedAt" timestamptz, status integer, "finalUrl" text, etag text, "lastModified" text, "textHash" text, links text,
        "sitemapLastmod" text, reason text, detail text)
      where exists (select 1 from claim)
      on conflict (tenant, source, hash) do update set config_sig = excluded.config_sig, updated_at = now(), reason = excluded.reason,
        detail = excluded.detail, fetched_at = coalesce(excluded.fetched_at, w.fetched_at),
        status = coalesce(excluded.status, w.status),
        final_url = case when excluded.fetched_at is null then w.final_url else excluded.final_url end,
        ${READ_COLUMNS}
    )`;
}

/** Only a reading replaces what a reading has found; under another configuration an old one says nothing. */
const READ_COLUMNS = sql.join(
  ['read_at', 'etag', 'last_modified', 'text_hash', 'links', 'sitemap_lastmod'].map(
    (name) =>
      sql`${sql.ref(name)} = case when excluded.read_at is not null or w.config_sig <> excluded.config_sig
          then excluded.${sql.ref(name)} else w.${sql.ref(name)} end`,
  ),
);

function pageRow({ links, ...page }: PageVisit, { hashOf }: CrawlCommit): object {
  return { ...page, hash: hashOf(page.url), ...(links ? { links: links.join('\n') } : {}) };
}
