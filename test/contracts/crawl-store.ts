import { beforeEach, describe, expect, test } from 'vitest';
import type { CrawlStore } from '../../activities/sources/contract.ts';
import type { CrawlChanges, FrontierRow, PageVisit } from '../../adapters/postgres/crawls.ts';

/** A store of crawls under test. `commit` makes durable what was staged, as the batch of a checkpoint would. */
export interface CrawlStoreCase {
  readonly store: CrawlStore;
  readonly commit: () => Promise<void>;
}

export const row = (page: number, rest: Partial<FrontierRow> = {}): FrontierRow => ({
  page,
  url: `https://a.example/${page}`,
  depth: 1,
  tries: 0,
  place: page,
  absent: false,
  listUrl: null,
  listPage: null,
  lastmod: null,
  ...rest,
});

export const step = (number: number, rest: Partial<CrawlChanges> = {}): CrawlChanges => ({
  crawl: 'c1',
  step: number,
  ended: false,
  notes: { at: number },
  rows: [],
  pages: [],
  ...rest,
});

const READ: PageVisit = {
  url: 'https://a.example/1',
  kind: 'read',
  status: 200,
  links: ['https://a.example/2', 'https://a.example/3'],
  sitemapLastmod: '2026-11-01',
};

/** What a crawl may rely on, wherever its state is kept. `setup` runs before each test and gives a store of its own. */
export function describeCrawlStore(name: string, setup: () => Promise<CrawlStoreCase>): void {
  describe(`the contract of a store of crawls, kept by ${name}`, () => {
    let store: CrawlStore;
    let commit: CrawlStoreCase['commit'];
    beforeEach(async () => {
      ({ store, commit } = await setup());
    });

    async function keep(changes: CrawlChanges): Promise<void> {
      store.stage(changes);
      await commit();
    }

    test('a crawl is there as its last step left it, in the order of discovery', async () => {
      const list = { listUrl: 'https://a.example/list', listPage: 2, lastmod: '2026-11-01' };
      await keep(step(1, { rows: [row(2), row(0), row(1, list)] }));
      await keep(step(2, { rows: [row(0, { place: null, tries: 1, absent: true }), row(3)] }));

      expect(await store.open({ crawl: 'c1', step: 2 })).toStrictEqual({
        notes: { at: 2 },
        rows: [row(0, { place: null, tries: 1, absent: true }), row(1, list), row(2), row(3)],
      });
    });

    test('a step that was never kept, or another crawl, is not there', async () => {
      await keep(step(1, { rows: [row(0)] }));

      expect(await store.open({ crawl: 'c1', step: 2 })).toBeUndefined();
      expect(await store.open({ crawl: 'c2', step: 1 })).toBeUndefined();
    });

    test('a reading is known until the next one; a look that reads nothing leaves it', async () => {
      await keep(step(1, { pages: [READ] }));
      await keep(step(2, { pages: [{ url: READ.url, kind: 'not read', status: 304 }] }));

      expect((await store.pages([READ.url, 'https://a.example/9'])).get(READ.url)).toStrictEqual({
        readAt: expect.any(Date),
        links: READ.links,
        sitemapLastmod: '2026-11-01',
      });
      expect(await store.pages([])).toStrictEqual(new Map());
    });

    test('a page without links is known to have none; one with too many is not known to have any', async () => {
      const none = { url: 'https://a.example/none', kind: 'read', links: [] } as const;
      const many = { url: 'https://a.example/many', kind: 'read' } as const;
      await keep(step(1, { pages: [none, many] }));

      const pages = await store.pages([none.url, many.url]);

      expect(pages.get(none.url)?.links).toStrictEqual([]);
      expect(pages.get(many.url)).not.toHaveProperty('links');
    });

    test('what is known of pages outlives the crawl that read them', async () => {
      await keep(step(1, { pages: [READ] }));
      await keep(step(2, { ended: true }));

      expect((await store.pages([READ.url])).get(READ.url)).toMatchObject({ links: READ.links });
    });
  });
}
