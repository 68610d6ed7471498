import {
  mergeVisits,
  readCrawl,
  readKnownPages,
  type CrawlChanges,
} from '../../adapters/postgres/crawls.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { SourceReference } from '../../adapters/postgres/source-state.ts';
import type { CrawlStore } from '../sources/contract.ts';
import { documentHash } from './identity.ts';

/** The crawls of one attempt: what is staged waits here until a batch takes it. */
export interface StagedCrawls extends CrawlStore {
  /** What was staged since the last time; a batch commits it with the cursor of the checkpoint that followed. */
  take(): CrawlChanges | undefined;
}

export function stagedCrawls(
  db: Database,
  reference: SourceReference & { readonly configSig: string },
): StagedCrawls {
  let staged: CrawlChanges | undefined;
  return {
    open: (crawl) => readCrawl(db, reference, crawl),
    async pages(ids) {
      const urls = new Map(ids.map((id) => [documentHash(id), id]));
      const found = await readKnownPages(db, reference, [...urls.keys()]);
      return new Map([...found].map(([hash, page]) => [urls.get(hash) ?? '', page]));
    },
    stage: (changes) => void (staged = mergeChanges(staged, changes)),
    take() {
      const taken = staged;
      staged = undefined;
      return taken;
    },
  };
}

/** For a look that stores nothing. */
export function forgetfulCrawls(): CrawlStore {
  return {
    open: () => Promise.resolve(undefined),
    pages: () => Promise.resolve(new Map()),
    stage: () => undefined,
  };
}

/** Two steps as one: of each page the later row and the later visit count. */
export function mergeChanges(earlier: CrawlChanges | undefined, later: CrawlChanges): CrawlChanges {
  if (earlier === undefined) return later;
  const pages = mergeVisits([...earlier.pages, ...later.pages]);
  // A new crawl has begun: of the one before it only the pages are of use.
  if (earlier.crawl !== later.crawl) return { ...later, pages };
  const rows = new Map([...earlier.rows, ...later.rows].map((row) => [row.page, row]));
  return { ...later, rows: [...rows.values()], pages };
}
