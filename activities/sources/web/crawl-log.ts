import { createHash, randomUUID } from 'node:crypto';
import {
  mergeVisits,
  type CrawlReference,
  type PageVisit,
} from '../../../adapters/postgres/crawls.ts';
import type { CrawlStore, SourceEnv } from '../contract.ts';
import type { CrawlCursor } from './crawl-cursor.ts';
import { CrawlNotes, NO_NOTES } from './crawl-notes.ts';
import { createFrontier, type Frontier } from './frontier.ts';
import type { FrontierLimits } from './frontier-bounds.ts';

/** A crawl and its memory: what it does between two checkpoints is kept with the second one. */
export interface CrawlLog {
  readonly frontier: Frontier;
  /** Nothing was visited yet: the crawl has to be told where to begin. */
  readonly isNew: boolean;
  /** Notes what a visit says of a page. */
  note(visit: PageVisit): void;
  /** Stages everything since the last time, and gives the cursor that names it. */
  checkpoint(): CrawlCursor;
  /** The same at the end of the crawl: its frontier goes, what is known of pages stays. */
  end(): null;
}

/** Goes on where the cursor points, or begins anew where nothing is left of it. */
export async function openCrawlLog(
  { crawls, log }: Pick<SourceEnv, 'crawls' | 'log'>,
  from: CrawlCursor | null,
  limits: FrontierLimits,
): Promise<CrawlLog> {
  const found = from?.v === 2 ? await crawls.open(from) : undefined;
  const notes = CrawlNotes.safeParse(found?.notes);
  if (found && notes.success && from?.v === 2) {
    const frontier = createFrontier(limits, { notes: notes.data, rows: found.rows });
    return crawlLog(crawls, frontier, { reference: from, isNew: false });
  }
  // A cursor of an older version, or of a crawl that was cleaned away: what it has stored is stored, its way is gone over again.
  if (from !== null)
    log.warn('began a crawl anew, since its state is no longer there', { from: from.v });
  const frontier = createFrontier(limits, { notes: NO_NOTES, rows: [] });
  return crawlLog(crawls, frontier, { reference: { crawl: randomUUID(), step: 0 }, isNew: true });
}

function crawlLog(
  crawls: CrawlStore,
  frontier: Frontier,
  { reference, isNew }: { readonly reference: CrawlReference; readonly isNew: boolean },
): CrawlLog {
  const { crawl } = reference;
  let { step } = reference;
  let visits: PageVisit[] = [];
  const stage = (ended: boolean): void => {
    step += 1;
    const leftOut = frontier
      .takeLeftOut()
      .map(({ id, reason }): PageVisit => ({ url: id, kind: 'not read', reason }));
    const pages = mergeVisits([...leftOut, ...visits]);
    visits = [];
    crawls.stage({
      crawl,
      step,
      ended,
      notes: frontier.toNotes(),
      rows: frontier.takeRows(),
      pages,
    });
  };
  return {
    frontier,
    isNew,
    note: (visit) => void visits.push(visit),
    checkpoint() {
      stage(false);
      return { v: 2, crawl, step };
    },
    end() {
      stage(true);
      return null;
    },
  };
}

/** For comparisons of texts within a crawl and over runs. */
export function textHash(text: string): string {
  return createHash('sha256').update(text.replace(/\s+/g, ' ').trim()).digest('hex');
}
