import type { KnownDocument } from '../contract.ts';
import type { KnownPage } from '../../../adapters/postgres/crawls.ts';
import type { CrawlLog } from './crawl-log.ts';
import type { FetchAhead } from './fetch-ahead.ts';
import type { Frontier, Visit } from './frontier.ts';
import type { Session } from './session.ts';
import type { Sighting } from './sighting.ts';

/** What the visits of a crawl share. */
export interface Crawl {
  readonly session: Session;
  readonly frontier: Frontier;
  readonly log: CrawlLog;
  readonly ahead: FetchAhead;
  /** Ids of the records that came last: a list that grows while it is read repeats some on its next page. */
  readonly recentRecords: Set<string>;
}

/** The visit of one page. */
export interface Step extends Crawl {
  readonly visit: Visit;
  readonly sighting: Sighting;
  readonly known?: KnownDocument;
  /** What earlier visits have found. */
  readonly page?: KnownPage;
}
