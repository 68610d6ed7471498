import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentHash } from '../../../activities/collection/identity.ts';
import type { CrawlChanges } from '../../../adapters/postgres/crawls.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { createHostLimits } from '../../../adapters/postgres/host-limits.ts';
import { commitBatch } from '../../../adapters/postgres/manifest.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { claimSource } from '../../../adapters/postgres/source-state.ts';
import { readWebHost, readWebPage } from '../../../adapters/postgres/web-pages.ts';
import { NO_COUNTS } from '../../../workflows/collection/counts.ts';
import { row, step } from '../../contracts/crawl-store.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

const REFERENCE = { tenant: 'default', source: 'docs' };
const target = { id: 'main', knowledgeBaseId: 'KB00000001', dataSourceId: 'DS00000001' };
const startedAt = new Date('2026-11-21T12:00:00Z');

async function commit(changes: CrawlChanges): Promise<void> {
  const claim = await claimSource(db, { ...REFERENCE, run: 'r', configSig: 'sig', target });
  const nothing = { stored: [], seen: [], failed: [], held: [], gone: [], staleObjects: [] };
  await commitBatch(db, {
    ...REFERENCE,
    ...nothing,
    run: 'r',
    fence: claim.fence,
    listing: claim.listing,
    startedAt,
    cursor: null,
    crawl: { changes, configSig: 'sig', startedAt, hashOf: documentHash },
    counts: NO_COUNTS,
    target,
    changed: false,
  });
}

test('a page is told with its last reading, its last visit and its place in the crawl', async () => {
  const page = 'https://a.example/0';
  const fetchedAt = '2026-11-21T12:00:01.000Z';
  const reading = {
    url: page,
    kind: 'read',
    fetchedAt,
    status: 200,
    etag: '"v1"',
    lastModified: 'Sat, 21 Nov 2026 10:00:00 GMT',
    textHash: 'a1',
    links: ['https://a.example/1', 'https://a.example/2'],
    sitemapLastmod: '2026-11-20',
  } as const;
  const other = {
    url: 'https://a.example/1',
    kind: 'not read',
    reason: 'robots',
    detail: 'No.',
  } as const;
  await commit(step(1, { rows: [row(0, { place: null }), row(1)], pages: [reading, other] }));
  await commit(
    step(2, {
      pages: [{ url: page, kind: 'not read', fetchedAt: '2026-11-22T12:00:00Z', status: 304 }],
    }),
  );

  expect(await readWebPage(db, REFERENCE, documentHash(page))).toStrictEqual({
    url: page,
    fetchedAt: new Date('2026-11-22T12:00:00Z'),
    status: 304,
    finalUrl: null,
    readAt: startedAt,
    etag: '"v1"',
    lastModified: 'Sat, 21 Nov 2026 10:00:00 GMT',
    sitemapLastmod: '2026-11-20',
    textHash: 'a1',
    links: 2,
    reason: null,
    detail: null,
    crawl: 'visited',
  });
  expect(await readWebPage(db, REFERENCE, documentHash(other.url))).toMatchObject({
    fetchedAt: null,
    status: null,
    links: null,
    reason: 'robots',
    detail: 'No.',
    crawl: 'waiting',
  });
  expect(await readWebPage(db, REFERENCE, documentHash('https://a.example/9'))).toBeUndefined();
});

test('a host is told with its wait and with what came of the question for robots.txt', async () => {
  const limits = createHostLimits(db);
  await limits.keep('https://a.example', { status: 200, body: Buffer.from('disallow: /x') });
  await limits.keep('https://a.example', { status: 503, problem: 'It answered 503.' });
  await limits.hold('a.example', 60_000);

  expect(await readWebHost(db, 'https://a.example/some/page?x=1')).toStrictEqual({
    heldUntil: expect.any(Date),
    robotsAskedAt: expect.any(Date),
    robotsStatus: 503,
    robotsProblem: 'It answered 503.',
    robotsReadAt: expect.any(Date),
    robots: 'disallow: /x',
  });
  expect(await readWebHost(db, 'https://b.example/')).toMatchObject({
    heldUntil: null,
    robotsAskedAt: null,
    robots: null,
  });
});
