import { afterEach, expect, test } from 'vitest';
import { http } from '../../../../activities/sources/http.ts';
import { startSite, type Page, type Site } from '../../../fakes/site.ts';
import { checkpointsOf, listingOf, readAll, said } from './reading.ts';

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite(pages);
  sites.push(site);
  return site;
}

const EXTRACT = {
  records: 'li',
  id: { locators: { css: ':scope', attr: 'data-id' } },
  title: 'b',
  next: { locators: 'a[rel=next]' },
};

function row(id: number | string): string {
  return `<li data-id="${id}"><b>Item ${id}</b></li>`;
}

/** Pages `/list`, `/list?page=2` … of two rows each. */
function listPages(ids: readonly number[], head = ''): Record<string, string> {
  const count = Math.ceil(ids.length / 2);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const rows = ids.slice(index * 2, index * 2 + 2).map(row);
      const next = index + 1 < count ? `<a rel="next" href="/list?page=${index + 2}">more</a>` : '';
      const path = index === 0 ? '/list' : `/list?page=${index + 1}`;
      return [
        path,
        `<html><head>${head}</head><body><ul>${rows.join('')}</ul>${next}</body></html>`,
      ];
    }),
  );
}

function numbers(count: number, from = 1): readonly number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function records(ids: readonly number[]): readonly string[] {
  return ids.map((id) => `document /list#${id}`).toSorted();
}

test('records keep their ids while the list grows and they move from page to page', async () => {
  const site = await serve(listPages(numbers(6, 2)));
  const config = { urls: [`${site.origin}/list`], extract: EXTRACT };
  const before = await readAll(http, config);
  for (const [path, page] of Object.entries(listPages(numbers(7)))) site.put(path, page);

  const after = await readAll(http, config);

  expect(said(site, before)).toStrictEqual(records(numbers(6, 2)));
  expect(said(site, after)).toStrictEqual(records(numbers(7)));
  expect(listingOf(after)).toStrictEqual({ kind: 'listing', complete: true });
});

test('a record that comes again because the list grew under the reader is said once', async () => {
  const site = await serve({
    '/list': `<ul>${row(1)}${row(2)}</ul><a rel="next" href="?page=2">more</a>`,
    '/list?page=2': `<ul>${row(2)}${row(3)}</ul><a rel="next" href="/list">round</a>`,
  });

  const found = await readAll(http, { urls: [`${site.origin}/list`], extract: EXTRACT });

  expect(found.messages.filter((one) => one.kind === 'document')).toHaveLength(3);
  expect(said(site, found)).toStrictEqual(records([1, 2, 3]));
  expect(listingOf(found)).toMatchObject({ complete: true });
});

test('pages of a list that name the first one as canonical keep their records', async () => {
  const site = await serve(listPages(numbers(5), '<link rel="canonical" href="/list">'));

  const found = await readAll(http, { urls: [`${site.origin}/list`], extract: EXTRACT });

  expect(said(site, found)).toStrictEqual(records(numbers(5)));
});

test('with "follow", the pages of a list are read once and as its pages', async () => {
  const site = await serve(listPages(numbers(5)));

  const found = await readAll(http, {
    urls: [`${site.origin}/list`],
    extract: EXTRACT,
    follow: {},
  });

  expect(said(site, found)).toStrictEqual(records(numbers(5)));
  expect(site.requests.filter((one) => one.includes('/list'))).toHaveLength(3);
});

test('a long list resumed from each of its checkpoints ends with the same records', async () => {
  const site = await serve(listPages(numbers(90)));
  const config = { urls: [`${site.origin}/list`], extract: EXTRACT };
  const whole = await readAll(http, config);
  const middle = checkpointsOf(whole).filter(({ cursor }) => cursor !== null);

  for (const { cursor, before } of middle) {
    const rest = await readAll(http, config, { from: structuredClone(cursor) });

    expect(said(site, before).length).toBeLessThan(90);
    expect(said(site, before, rest)).toStrictEqual(records(numbers(90)));
    expect(listingOf(rest)).toMatchObject({ complete: true });
  }
  expect(middle.length).toBeGreaterThan(1);
});

test.each([
  ['more pages than it may have', { maxPages: 2 }, 'extract.next.maxPages'],
  ['a following page at another host', { locators: '.away' }, 'other.example'],
])('a list with %s permits no deletions', async (_why, next, sentence) => {
  const pages = listPages(numbers(6), '');
  const away = '<a class="away" href="http://other.example/list?page=2">more</a>';
  const site = await serve({ ...pages, '/list': `${pages['/list'] ?? ''}${away}` });
  const extract = { ...EXTRACT, next: { ...EXTRACT.next, ...next } };

  const found = await readAll(http, { urls: [`${site.origin}/list`], extract });

  expect(listingOf(found)).toMatchObject({
    complete: false,
    why: expect.stringContaining(sentence),
  });
});

test('a page of a list that is away permits no deletions', async () => {
  const site = await serve({ ...listPages(numbers(6)), '/list?page=2': { status: 500 } });

  const found = await readAll(http, { urls: [`${site.origin}/list`], extract: EXTRACT });

  expect(said(site, found)).toStrictEqual([
    'document /list#1',
    'document /list#2',
    'failed /list?page=2',
  ]);
  expect(listingOf(found)).toMatchObject({ complete: false });
});

test('a record without a required field fails alone, with what was looked for', async () => {
  const site = await serve({ '/list': `<ul>${row(1)}<li data-id="2"></li></ul>` });

  const found = await readAll(http, {
    urls: [`${site.origin}/list?token=s3cret`],
    extract: EXTRACT,
  });

  const failed = found.messages.find((one) => one.kind === 'failed');
  expect(found.error).toBeUndefined();
  expect(failed).toMatchObject({
    id: `${site.origin}/list?token=s3cret#2`,
    failure: 'SelectorMissing',
  });
  expect(failed?.detail).toMatch(
    /^Selector "b" matched 0 elements on "[^"?]*\/list" \(200, \d+ bytes\)\. Field "title" is missing\.$/u,
  );
  expect(listingOf(found)).toMatchObject({ complete: true });
});

test('a record without an id permits no deletions: nobody knows which one it is', async () => {
  const site = await serve({ '/list': `<ul>${row(1)}<li><b>Nameless</b></li></ul>` });

  const found = await readAll(http, { urls: [`${site.origin}/list`], extract: EXTRACT });

  expect(said(site, found)).toStrictEqual(['document /list#1', 'failed (nameless)']);
  expect(listingOf(found)).toMatchObject({ complete: false });
});

test('records may be named by their own addresses', async () => {
  const site = await serve({
    '/list': '<li><a href="/a?utm_source=x">A</a></li><li><a href="/b">B</a></li>',
  });
  const url = { type: 'url', locators: 'a' };

  const found = await readAll(http, {
    urls: [`${site.origin}/list`],
    extract: { records: 'li', url, title: 'a' },
  });

  expect(said(site, found)).toStrictEqual(['document /a', 'document /b']);
});

test('an answer of JSON is read by its paths', async () => {
  const items = {
    items: [
      { key: 'a', name: 'Alpha' },
      { key: 'b', name: 'Beta' },
    ],
  };
  const headers = { 'content-type': 'application/json' };
  const site = await serve({ '/list': { headers, body: JSON.stringify(items) } });
  const at = (json: string) => ({ locators: { json } });

  const found = await readAll(http, {
    urls: [`${site.origin}/list`],
    extract: { records: { json: 'items[*]' }, id: at('key'), title: at('name') },
  });

  expect(said(site, found)).toStrictEqual(['document /list#a', 'document /list#b']);
});
