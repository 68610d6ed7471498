import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stagedCrawls } from '../../../activities/collection/crawl-store.ts';
import { documentHash } from '../../../activities/collection/identity.ts';
import { forgetAbandonedCrawls } from '../../../adapters/postgres/crawls.ts';
import type { CrawlChanges } from '../../../adapters/postgres/crawls.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { commitBatch, type Batch } from '../../../adapters/postgres/manifest.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { claimSource, type Claim } from '../../../adapters/postgres/source-state.ts';
import { NO_COUNTS } from '../../../workflows/collection/counts.ts';
import { describeCrawlStore, row, step } from '../../contracts/crawl-store.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
let count = 0;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

const TARGET = { id: 'main', knowledgeBaseId: 'KB00000001', dataSourceId: 'DS00000001' };
const startedAt = new Date('2026-11-21T12:00:00Z');

interface Case {
  readonly reference: { readonly tenant: string; readonly source: string };
  readonly claim: () => Promise<Claim>;
  readonly commit: (
    claim: Claim,
    changes: CrawlChanges | undefined,
    cursor?: unknown,
  ) => Promise<boolean>;
}

function newCase(): Case {
  count += 1;
  const reference = { tenant: 'default', source: `crawled-${count}` };
  return {
    reference,
    claim: () => claimSource(db, { ...reference, run: 'r1', configSig: 'sig', target: TARGET }),
    commit(claim, changes, cursor = { crawl: changes?.crawl, step: changes?.step }) {
      const crawl = changes && { changes, configSig: 'sig', startedAt, hashOf: documentHash };
      const batch: Batch = {
        ...reference,
        run: 'r1',
        fence: claim.fence,
        listing: claim.listing,
        startedAt,
        cursor,
        crawl,
        stored: [],
        seen: [],
        failed: [],
        held: [],
        gone: [],
        staleObjects: [],
        counts: NO_COUNTS,
        target: TARGET,
        changed: false,
      };
      return commitBatch(db, batch);
    },
  };
}

describeCrawlStore('PostgreSQL', async () => {
  const { reference, claim, commit } = newCase();
  const claimed = await claim();
  const crawls = stagedCrawls(db, { ...reference, configSig: 'sig' });
  return {
    store: crawls,
    commit: async () => {
      const isHeld = await commit(claimed, crawls.take());
      if (!isHeld) throw new Error('The batch was refused.');
    },
  };
});

async function rowsOf({ source }: { readonly source: string }): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select crawl || ' ' || page as name from frontier where source = ${source} order by crawl, page`.execute(
    db,
  );
  return rows.map(({ name }) => name);
}

test('R18: an attempt that was overtaken changes neither cursor nor frontier nor pages', async () => {
  const { reference, claim, commit } = newCase();
  const zombie = await claim();
  const newer = await claim();
  await commit(newer, step(1, { rows: [row(0)] }));

  const pages = [{ url: 'https://a.example/0', kind: 'read' } as const];
  expect(await commit(zombie, step(2, { rows: [row(1)], pages }))).toBe(false);
  expect(await commit(zombie, step(3, { ended: true }), null)).toBe(false);

  const crawls = stagedCrawls(db, { ...reference, configSig: 'sig' });
  expect(await rowsOf(reference)).toStrictEqual(['c1 0']);
  expect(await crawls.open({ crawl: 'c1', step: 1 })).toMatchObject({ notes: { at: 1 } });
  expect(await crawls.pages(['https://a.example/0'])).toStrictEqual(new Map());
  expect((await claim()).cursor).toStrictEqual({ crawl: 'c1', step: 1 });
});

test('a crawl that begins removes what another one left, one that ends leaves nothing', async () => {
  const { reference, claim, commit } = newCase();
  const claimed = await claim();
  await commit(claimed, step(1, { rows: [row(0), row(1)] }));
  await commit(claimed, step(1, { crawl: 'c2', rows: [row(0)] }));
  const begun = await rowsOf(reference);

  await commit(claimed, step(2, { crawl: 'c2', ended: true, rows: [row(1)] }), null);

  expect(begun).toStrictEqual(['c2 0']);
  expect(await rowsOf(reference)).toStrictEqual([]);
});

test('pages read with another configuration are not known', async () => {
  const { reference, claim, commit } = newCase();
  const pages = [{ url: 'https://a.example/0', kind: 'read', links: [] } as const];
  await commit(await claim(), step(1, { pages }));

  const other = stagedCrawls(db, { ...reference, configSig: 'another' });

  expect(await other.pages(['https://a.example/0'])).toStrictEqual(new Map());
});

test('crawls with which nobody has gone on for a month are forgotten', async () => {
  const [old, fresh] = [newCase(), newCase()];
  for (const one of [old, fresh]) await one.commit(await one.claim(), step(1, { rows: [row(0)] }));
  await sql`update crawls set updated_at = now() - interval '31 days' where source = ${old.reference.source}`.execute(
    db,
  );

  expect(await forgetAbandonedCrawls(db, 30 * 86_400_000)).toBe(1);

  expect(await rowsOf(old.reference)).toStrictEqual([]);
  expect(await rowsOf(fresh.reference)).toStrictEqual(['c1 0']);
});

test('a crawl that somebody goes on with after a month is not taken from under it', async () => {
  const { reference, claim, commit } = newCase();
  await commit(await claim(), step(1, { rows: [row(0), row(1)] }));
  await sql`update crawls set updated_at = now() - interval '31 days' where source = ${reference.source}`.execute(
    db,
  );

  await stagedCrawls(db, { ...reference, configSig: 'sig' }).open({ crawl: 'c1', step: 1 });
  await forgetAbandonedCrawls(db, 30 * 86_400_000);

  expect(await rowsOf(reference)).toStrictEqual(['c1 0', 'c1 1']);
});

test('60,000 pages of a sitemap are committed at once', async () => {
  const { reference, claim, commit } = newCase();
  const rows = Array.from({ length: 60_000 }, (_, index) => row(index));

  expect(await commit(await claim(), step(1, { rows }))).toBe(true);

  const crawls = stagedCrawls(db, { ...reference, configSig: 'sig' });
  expect((await crawls.open({ crawl: 'c1', step: 1 }))?.rows).toHaveLength(60_000);
});
