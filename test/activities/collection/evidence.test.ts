import { afterEach, expect, test } from 'vitest';
import { startSite, withEtag, type Page, type Site } from '../../fakes/site.ts';
import { withCollecting } from './collecting.ts';
import { evidenceSource, productPage, PRODUCT_FIELDS } from './evidence-source.ts';

const newSource = withCollecting();
const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite({ '/robots.txt': { status: 404 }, ...pages });
  sites.push(site);
  return site;
}

function shop(count: number): Record<string, Page> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`/p${at}`, productPage(`Product ${at}`)]),
  );
}

const configOf = (site: Site, count: number) => ({
  urls: Array.from({ length: count }, (_, at) => `${site.origin}/p${at}`),
  extract: PRODUCT_FIELDS,
});

test('a good run keeps bodies with their values, and the same run once more writes nothing', async () => {
  const site = await serve(shop(5));
  const source = await evidenceSource(newSource, configOf(site, 5));
  await source.collectRun('one');
  const kept = await source.kept();
  expect(kept.filter((key) => key.startsWith('bodies/')).length).toBeGreaterThan(0);
  expect(kept.filter((key) => key.startsWith('held-out/')).length).toBeGreaterThan(0);
  expect(kept).toHaveLength(10);
  const puts = source.server.requests.count('PutObject');
  await source.collectRun('two');
  expect(source.server.requests.count('PutObject')).toBe(puts);
  expect(await source.kept()).toEqual(kept);
  const rows = await source.rows();
  expect(rows).toHaveLength(5);
  for (const row of rows) expect(row.confirmed).toEqual([`${source.id}:two`, `${source.id}:one`]);
});

test('a run counts its fields, and pages that were not modified apart', async () => {
  const pages = { '/p0': withEtag(productPage('A'), '"1"'), '/p1': productPage('B', 'none') };
  const site = await serve(pages);
  const source = await evidenceSource(newSource, configOf(site, 2));
  await source.collectRun('one', 'partial');
  expect(await source.tally('one')).toMatchObject({
    pages: 2,
    unmodified: 0,
    records: 2,
    failedPages: 1,
    failures: { SelectorMissing: 1 },
    fields: [
      { name: 'name', required: true, present: 2, missing: 0, served: [2] },
      { name: 'price', required: true, present: 1, missing: 1, empty: 1, served: [1] },
    ],
  });
  await source.collectRun('two', 'partial');
  expect(await source.tally('two')).toMatchObject({ pages: 1, unmodified: 1 });
});
