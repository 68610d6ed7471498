import { sql, type KyselyPlugin } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { http } from '../../../activities/sources/http.ts';
import { articlePage, startSite, type Page, type Site } from '../../fakes/site.ts';
import { hostsAtOnce } from '../../set-up/hosts-at-once.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

const HUBS = 20;
const HUB_NAMES = Array.from({ length: HUBS }, (_, hub) => `/hub-${String.fromCharCode(97 + hub)}`);
const LEAVES = 99;
/** Of the start, so many hubs and their leaves. */
const pagesOf = (hubs: number): number => 1 + hubs + hubs * LEAVES;

let site: Site;
/** Is called with each page that is asked for. */
let onRequest: (path: string) => void;
beforeAll(async () => {
  site = await startSite(sitePages());
});
afterEach(() => {
  onRequest = () => undefined;
});
afterAll(() => site.close());

function sitePages(): Readonly<Record<string, Page>> {
  const leavesOf = (hub: string): string[] =>
    Array.from({ length: LEAVES }, (_, leaf) => `${hub}/leaf-${leaf}.txt`);
  const counted =
    (type: string, body: string): Page =>
    (request, response) => {
      onRequest(request.url ?? '');
      response.writeHead(200, { 'content-type': type }).end(body);
    };
  const leaves = HUB_NAMES.flatMap(leavesOf);
  return {
    '/robots.txt': { status: 404 },
    '/': counted('text/html', articlePage('Home', HUB_NAMES)),
    ...Object.fromEntries(
      HUB_NAMES.map((hub) => [hub, counted('text/html', articlePage(hub, leavesOf(hub)))]),
    ),
    ...Object.fromEntries(leaves.map((path) => [path, counted('text/plain', `The leaf ${path}.`)])),
  };
}

const BATCH = 100;

function crawlDeps({ deps }: SourceCase): Partial<CollectionDependencies> {
  return {
    sourceTypes: new Map([['http', http]]),
    settings: { ...deps.settings, allowedHosts: ['127.0.0.1'] },
    hosts: hostsAtOnce(),
    tuning: { ...deps.tuning, batchDocuments: BATCH, commitEveryMs: 600_000 },
  };
}

async function newCrawl(hubs: number): Promise<SourceCase> {
  const include = HUB_NAMES.slice(0, hubs).flatMap((hub) => [hub, `${hub}/**`]);
  const source = await newSource({
    type: 'http',
    config: { urls: [`${site.origin}/`], follow: { include, maxPages: 5000 } },
  });
  return { ...source, deps: { ...source.deps, ...crawlDeps(source) } };
}

interface Mortal {
  readonly db: CollectionDependencies['db'];
  readonly kill: () => void;
}

/** The database of a process that is killed at some moment: from then on nothing comes through. */
function mortal({ deps }: SourceCase): Mortal {
  let isDead = false;
  const alive = <T>(value: T): T => {
    if (isDead) throw new Error('killed');
    return value;
  };
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => alive(node),
    transformResult: ({ result }) => Promise.resolve(alive(result)),
  };
  return { db: deps.db.withPlugin(plugin), kill: () => void (isDead = true) };
}

async function rowsLeft({ db, id }: SourceCase): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`
    select (select count(*) from frontier where source = ${id}) as frontier,
      (select count(*) from crawls where source = ${id}) as crawls,
      (select count(*) from web_pages where source = ${id} and links is not null) as pages,
      (select count(*) from documents where source = ${id} and state = 'live') as live`.execute(db);
  return rows[0] ?? {};
}

async function cursorOf({ db, id }: SourceCase): Promise<string> {
  const { rows } = await sql<{ cursor: unknown }>`
    select cursor from source_state where source = ${id}`.execute(db);
  return JSON.stringify(rows[0]?.cursor ?? null);
}

async function collectToEnd(source: SourceCase, run: string) {
  const slices = [];
  do slices.push(await source.collect({ run, slice: slices.length + 1, deps: source.deps }));
  while (slices.at(-1)?.more);
  return slices;
}

test('R2: a crawl of 2,000 pages that is killed in the middle goes on, and fetches one batch twice at most', async () => {
  const source = await newCrawl(HUBS);
  const pages = pagesOf(HUBS);
  const asked = new Map<string, number>();
  const { db, kill } = mortal(source);
  onRequest = (path) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (asked.size === 1000) kill();
  };

  const killed = source.collect({ run: 'r', deps: { ...source.deps, db } });
  await expect(killed).rejects.toThrow('killed');
  const before = asked.size;
  const cursor = await cursorOf(source);
  const slices = await collectToEnd(source, 'r');

  const twice = [...asked.values()].filter((count) => count === 2).length;
  // Pages that were asked for ahead may still have come.
  expect(before).toBeLessThan(1000 + BATCH);
  expect(asked.size).toBe(pages);
  expect(twice).toBeGreaterThan(0);
  expect(twice).toBeLessThanOrEqual(BATCH);
  expect(Math.max(...asked.values())).toBe(2);
  expect(slices.at(-1)).toMatchObject({
    more: false,
    listing: { complete: true },
    counts: { added: pages, failed: 0 },
  });
  // Each with its sidecar, and nothing besides.
  expect(await source.keys()).toHaveLength(2 * pages);
  expect(await rowsLeft(source)).toStrictEqual({
    frontier: 0,
    crawls: 0,
    pages,
    live: pages,
  });
  // The state is in its own table: neither the cursor nor what travels through history grows with the site.
  expect(cursor.length).toBeLessThan(100);
  expect(JSON.parse(cursor)).toMatchObject({ v: 2 });
  expect(JSON.stringify(slices).length).toBeLessThan(8000);
}, 240_000);

test('R2: a crawl killed again and again at other moments loses and doubles nothing', async () => {
  const source = await newCrawl(4);
  const asked = new Map<string, number>();
  let killer = (): void => {};
  let sinceStart = 0;
  onRequest = (path) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    sinceStart += 1;
    if (sinceStart === 75) killer();
  };

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
  const source = await newCrawl(4);
  await collectToEnd(source, 'first');
  const asked: string[] = [];
  onRequest = (path) => void asked.push(path);
  const puts = source.server.requests.count('PutObject');

  const slices = await collectToEnd(source, 'second');

  expect(asked).toHaveLength(pagesOf(4));
  expect(slices.at(-1)?.counts).toMatchObject({ added: 0, updated: 0, unchanged: pagesOf(4) });
  expect(source.server.requests.count('PutObject')).toBe(puts);
});

test('what sites say of themselves cannot stop a crawl from being kept', async () => {
  const source = await newSource();
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
