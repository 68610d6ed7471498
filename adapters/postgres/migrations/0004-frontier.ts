import { sql, type Kysely } from 'kysely';

/** Crawls: what is still to be visited, what is known of pages, and the manners towards hosts, shared by all workers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // One crawl a source is under way at most. "step" grows with each commit, and the cursor of the source names it.
  `create table crawls (
    tenant text not null,
    source text not null,
    crawl text not null,
    step bigint not null,
    notes jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    primary key (tenant, source)
  )`,
  `create table frontier (
    tenant text not null,
    source text not null,
    crawl text not null,
    -- In the order of discovery.
    page integer not null,
    url text not null,
    depth smallint not null,
    tries smallint not null default 0,
    -- Its place among those that wait, lowest first; null when it was visited.
    place bigint,
    absent boolean not null default false,
    list_url text,
    list_page integer,
    lastmod text,
    primary key (tenant, source, crawl, page)
  ) with (fillfactor = 80)`,
  `create table web_pages (
    tenant text not null,
    source text not null,
    -- sha256 of the page's id, hex: the hash of its document, if it is one.
    hash text not null,
    url text not null,
    config_sig text not null,
    fetched_at timestamptz,
    -- Start of the run that last read its content, whatever its validators said.
    read_at timestamptz,
    status integer,
    final_url text,
    etag text,
    last_modified text,
    text_hash text,
    -- Addresses that the page leads to within the scope, one a line; null when there are too many to be kept.
    links text,
    sitemap_lastmod text,
    -- Why it is no document, or was not fetched; null when it was read well.
    reason text,
    detail text,
    updated_at timestamptz not null default now(),
    primary key (tenant, source, hash)
  ) with (fillfactor = 80)`,
  `create table host_limits (
    -- name:port
    host text primary key,
    next_at timestamptz not null,
    -- The host asked everybody to wait.
    held_until timestamptz,
    updated_at timestamptz not null default now()
  )`,
  `create table robots_copies (
    origin text primary key,
    -- The newest answer, of whatever kind.
    asked_at timestamptz not null,
    status integer,
    problem text,
    -- The newest answer that says what is allowed; an outage is bridged with it for a day.
    fetched_at timestamptz,
    body bytea
  )`,
];
