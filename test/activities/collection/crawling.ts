import { sql, type KyselyPlugin } from 'kysely';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { http } from '../../../activities/sources/http.ts';
import { articlePage, startSite, type Page, type Site } from '../../fakes/site.ts';
import { hostsAtOnce } from '../../set-up/hosts-at-once.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const HUBS = 20;
const HUB_NAMES = Array.from({ length: HUBS }, (_, hub) => `/hub-${String.fromCharCode(97 + hub)}`);
const LEAVES = 99;
/** Of the start, so many hubs and their leaves. */
export const pagesOf = (hubs: number): number => 1 + hubs + hubs * LEAVES;

export const BATCH = 100;

export interface Crawls {
  /** A source without a crawl. */
  readonly newSource: ReturnType<typeof withCollecting>;
  /** A source that crawls so many hubs of the site. */
  newCrawl(hubs: number): Promise<SourceCase>;
  /** Calls with each page that the test asks for from now on. */
  onRequest(listener: (path: string) => void): void;
}

/** Gives the file that calls it a site of 20 hubs with 99 leaves each, and sources that crawl it. */
export function withCrawls(): Crawls {
  const newSource = withCollecting();
  let site: Site;
  let listener = (_path: string): void => undefined;
  beforeAll(async () => {
    site = await startSite(sitePages((path) => listener(path)));
  });
  afterEach(() => {
    listener = () => undefined;
  });
  afterAll(() => site.close());
  return {
    newSource,
    onRequest: (next) => void (listener = next),
    async newCrawl(hubs) {
      const include = HUB_NAMES.slice(0, hubs).flatMap((hub) => [hub, `${hub}/**`]);
      const source = await newSource({
        type: 'http',
        config: { urls: [`${site.origin}/`], follow: { include, maxPages: 5000 } },
      });
      return { ...source, deps: { ...source.deps, ...crawlDeps(source) } };
    },
  };
}

/**
 * Kills the process of a crawl in its middle and goes on with it.
 * @throws Error - more than one batch was fetched twice, or anything was lost, doubled or left.
 */
export async function expectKilledCrawlGoesOn(crawls: Crawls, hubs: number): Promise<void> {
  const source = await crawls.newCrawl(hubs);
  const pages = pagesOf(hubs);
  const middle = Math.floor(pages / 2);
  const asked = new Map<string, number>();
  const { db, kill } = mortal(source);
  crawls.onRequest((path) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    if (asked.size === middle) kill();
  });

  const killed = source.collect({ run: 'r', deps: { ...source.deps, db } });
  await expect(killed).rejects.toThrow('killed');
  const before = asked.size;
  const cursor = await cursorOf(source);
  const slices = await collectToEnd(source, 'r');

  const twice = [...asked.values()].filter((count) => count === 2).length;
  // Pages that were asked for ahead may still have come.
  expect(before).toBeLessThan(middle + BATCH);
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
}

function sitePages(onRequest: (path: string) => void): Readonly<Record<string, Page>> {
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

function crawlDeps({ deps }: SourceCase): Partial<CollectionDependencies> {
  return {
    sourceTypes: new Map([['http', http]]),
    settings: { ...deps.settings, allowedHosts: ['127.0.0.1'] },
    hosts: hostsAtOnce(),
    tuning: { ...deps.tuning, batchDocuments: BATCH, commitEveryMs: 600_000 },
  };
}

interface Mortal {
  readonly db: CollectionDependencies['db'];
  readonly kill: () => void;
}

/** The database of a process that is killed at some moment: from then on nothing comes through. */
export function mortal({ deps }: SourceCase): Mortal {
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

export async function rowsLeft({ db, id }: SourceCase): Promise<Record<string, number>> {
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

export async function collectToEnd(source: SourceCase, run: string) {
  const slices = [];
  do slices.push(await source.collect({ run, slice: slices.length + 1, deps: source.deps }));
  while (slices.at(-1)?.more);
  return slices;
}
