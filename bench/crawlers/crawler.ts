/** One crawl of the site from its first page, by one side. */
export interface CrawlOrder {
  /** Without a slash at the end. */
  readonly origin: string;
  /** Requests, or tabs, at once. */
  readonly atOnce: number;
  /** More than the site has. */
  readonly maxPages: number;
}

export interface CrawlResult {
  /** Pages that were read. */
  readonly pages: number;
  /** Characters of what was extracted; 0 where nothing was. */
  readonly characters: number;
}

export type Crawler = (order: CrawlOrder) => Promise<CrawlResult>;

/** Said by every side. */
export const USER_AGENT = 'WellspringBench/1.0';
