import type { CrawlStore } from '../contract.ts';
import {
  mergeVisits,
  type CrawlChanges,
  type KnownPage,
  type PageVisit,
} from '../../../adapters/postgres/crawls.ts';

export interface MemoryCrawls extends CrawlStore {
  /** Everything that was staged, in order. */
  readonly staged: readonly CrawlChanges[];
  /** What is known of a page now. */
  page(id: string): PageVisit | undefined;
}

/**
 * Keeps crawls in memory, and each step of them, so that a test can resume from every checkpoint and not from the last one alone. What is
 * staged counts at once. `startedAt` is the time of the run that reads.
 */
export function memoryCrawls(startedAt: () => Date = () => new Date()): MemoryCrawls {
  const staged: CrawlChanges[] = [];
  const readAt = new Map<string, Date>();
  const visits = new Map<string, PageVisit>();
  return {
    staged,
    page: (id) => visits.get(id),
    stage(changes) {
      staged.push(structuredClone(changes));
      for (const visit of changes.pages) {
        if (visit.kind === 'read') readAt.set(visit.url, startedAt());
        for (const one of mergeVisits([
          ...(visits.has(visit.url) ? [visits.get(visit.url) ?? visit] : []),
          visit,
        ]))
          visits.set(one.url, one);
      }
    },
    open({ crawl, step }) {
      const steps = staged.filter((one) => one.crawl === crawl && one.step <= step && !one.ended);
      const last = steps.at(-1);
      if (last?.step !== step) return Promise.resolve(undefined);
      const rows = new Map(steps.flatMap((one) => one.rows.map((row) => [row.page, row])));
      return Promise.resolve({
        notes: last.notes,
        rows: [...rows.values()].toSorted((a, b) => a.page - b.page),
      });
    },
    pages: (ids) =>
      Promise.resolve(
        new Map(
          ids.flatMap((id) =>
            visits.has(id) ? [[id, known(visits.get(id), readAt.get(id))]] : [],
          ),
        ),
      ),
  };
}

function known(visit: PageVisit | undefined, readAt: Date | undefined): KnownPage {
  return {
    ...(readAt ? { readAt } : {}),
    ...(visit?.links ? { links: visit.links } : {}),
    ...(visit?.sitemapLastmod === undefined ? {} : { sitemapLastmod: visit.sitemapLastmod }),
  };
}
