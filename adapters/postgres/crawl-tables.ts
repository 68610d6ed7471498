import type { ColumnType, Generated } from 'kysely';

type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
type Time = ColumnType<Date, Date | string | undefined, Date | string>;

/** The tables of migration 0004. */
export interface CrawlTables {
  crawls: CrawlTable;
  frontier: FrontierTable;
  web_pages: WebPageTable;
  host_limits: HostLimitTable;
  robots_copies: RobotsCopyTable;
}

interface CrawlTable {
  tenant: string;
  source: string;
  crawl: string;
  step: number;
  notes: ColumnType<object, string | undefined, string>;
  updated_at: Time;
}

interface FrontierTable {
  tenant: string;
  source: string;
  crawl: string;
  page: number;
  url: string;
  depth: number;
  tries: Generated<number>;
  place: number | null;
  absent: Generated<boolean>;
  list_url: string | null;
  list_page: number | null;
  lastmod: string | null;
}

interface WebPageTable {
  tenant: string;
  source: string;
  hash: string;
  url: string;
  config_sig: string;
  fetched_at: OptionalTime;
  read_at: OptionalTime;
  status: number | null;
  final_url: string | null;
  etag: string | null;
  last_modified: string | null;
  text_hash: string | null;
  links: string | null;
  sitemap_lastmod: string | null;
  reason: string | null;
  detail: string | null;
  updated_at: Time;
}

interface HostLimitTable {
  host: string;
  next_at: Time;
  held_until: OptionalTime;
  updated_at: Time;
}

interface RobotsCopyTable {
  origin: string;
  asked_at: Time;
  status: number | null;
  problem: string | null;
  fetched_at: OptionalTime;
  body: Buffer | null;
}
