import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  BATCH,
  collectToEnd,
  expectKilledCrawlGoesOn,
  mortal,
  pagesOf,
  rowsLeft,
  withCrawls,
} from './crawling.ts';

const crawls = withCrawls();

// Of 2,000 pages: `npm run test:full`.
test('R2: a crawl of 600 pages that is killed in the middle goes on, and fetches one batch twice at most', async () => {
  await expect(expectKilledCrawlGoesOn(crawls, 6)).resolves.toBeUndefined();
}, 120_000);

test('R2: a crawl killed again and again at other moments loses and doubles nothing', async () => {
  const source = await crawls.newCrawl(4);
  const asked = new Map<string, number>();
  let killer = (): void => {};
  let sinceStart = 0;
  crawls.onRequest((path) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    sinceStart += 1;
    if (sinceStart === 75) killer();
  });

  let deaths = 0;
  for (let isDead = true; isDead;) {
    const { db, kill } = mortal(source);
    killer = kill;
    sinceStart = 0;
    const attempt = source.collect({ run: 'r', slice: deaths, deps: { ...source.deps, db } });
    isDead = await attempt.then(
      ({ more }) => more,
      () => true,
    );
    deaths += isDead ? 1 : 0;
  }

  const repeated = [...asked.values()].reduce((total, count) => total + count - 1, 0);
  expect(deaths).toBeGreaterThan(4);
  expect(asked.size).toBe(pagesOf(4));
  expect(repeated).toBeLessThanOrEqual(deaths * BATCH);
  expect(await rowsLeft(source)).toMatchObject({ frontier: 0, crawls: 0, live: pagesOf(4) });
});

test('a second run asks with what the first one has learned, and stores nothing', async () => {
  const source = await crawls.newCrawl(4);
  await collectToEnd(source, 'first');
  const asked: string[] = [];
  crawls.onRequest((path) => void asked.push(path));
  const puts = source.server.requests.count('PutObject');

  const slices = await collectToEnd(source, 'second');

  expect(asked).toHaveLength(pagesOf(4));
  expect(slices.at(-1)?.counts).toMatchObject({ added: 0, updated: 0, unchanged: pagesOf(4) });
  expect(source.server.requests.count('PutObject')).toBe(puts);
});

test('what sites say of themselves cannot stop a crawl from being kept', async () => {
  const source = await crawls.newSource();
  const why = 'Half a \ud83d and \0 of a page.';
  source.emits(async function* (_from, env) {
    const changes = { ended: false, rows: [], pages: [], notes: { hidden: [why], anyOk: true } };
    env.crawls.stage({ ...changes, crawl: 'c', step: 1 });
    yield { kind: 'checkpoint', cursor: { crawl: 'c' } };
    await Promise.resolve();
  });

  await source.collect({ run: 'r' });

  const { rows } = await sql<{ notes: unknown }>`
    select notes from crawls where source = ${source.id}`.execute(source.db);
  expect(rows).toEqual([{ notes: { hidden: ['Half a \ufffd and of a page.'], anyOk: true } }]);
});
