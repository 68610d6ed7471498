import { afterEach, expect, test } from 'vitest';
import { http } from '../../../../activities/sources/http.ts';
import type { KnownDocument } from '../../../../activities/sources/contract.ts';
import { memoryHosts } from '../../../../activities/sources/conformance/memory-hosts.ts';
import {
  articlePage,
  redirectTo,
  startSite,
  withEtag,
  type Page,
  type Site,
} from '../../../fakes/site.ts';
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

test.each([
  ['refused', { status: 403 }, 'Blocked'],
  ['gone', { status: 404 }, 'NotFound'],
  ['without text', '<html></html>', 'EmptyResult'],
  ['away', { status: 500 }, 'SourceUnavailable'],
])('a crawl whose pages are all %s begins anew next time', async (_what, page, type) => {
  const site = await serve({ '/robots.txt': { status: 404 }, '*': page });

  const { messages, error } = await readAll(http, {
    urls: [`${site.origin}/a`, `${site.origin}/b`],
  });

  expect(error).toMatchObject({ type });
  expect(messages.at(-1)).toStrictEqual({ kind: 'checkpoint', cursor: null });
});

test('a crawl of a site with all kinds of trouble ends the same from each checkpoint', async () => {
  const odd: readonly Page[] = [
    { status: 404 },
    { status: 403 },
    { status: 502 },
    redirectTo('/p/1'),
  ];
  const pages = Array.from({ length: 60 }, (_, index): [string, Page] => [
    `/p/${index}`,
    (index % 3 === 0 && odd[(index / 3) % 4]) || articlePage(`Page ${index}`, [`/p/${index + 1}`]),
  ]);
  const links = pages.map(([path]) => path);
  const site = await serve({ '/': articlePage('Home', links), ...Object.fromEntries(pages) });
  const config = { urls: [`${site.origin}/`], follow: {} };
  const whole = await readAll(http, config);
  const middle = checkpointsOf(whole).filter(({ cursor }) => cursor !== null);

  for (const { cursor, before } of middle) {
    const rest = await readAll(http, config, { from: structuredClone(cursor) });

    expect(said(site, before, rest)).toStrictEqual(said(site, whole));
    expect(listingOf(rest)).toStrictEqual(listingOf(whole));
  }
  expect(middle.length).toBeGreaterThan(2);
  expect(said(site, whole).filter((one) => one.startsWith('document'))).toHaveLength(41);
});

function pathsOf(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.map((line) => line.split(' ')[1] ?? ''));
}

test('B11: in a second run over an unchanged site, every page is only seen', async () => {
  const leaves = Array.from({ length: 30 }, (_, index) => `/leaf/${index}`);
  const site = await serve({
    '/': withEtag(articlePage('Home', leaves), '"home"'),
    ...Object.fromEntries(leaves.map((path) => [path, withEtag(articlePage(path), `"${path}"`)])),
  });
  const config = { urls: [`${site.origin}/`], follow: { maxDepth: 1 } };
  const first = await readAll(http, config);
  const known = new Map(
    first.messages.flatMap((one): [string, KnownDocument][] =>
      one.kind === 'document' ? [[one.document.id, one.document.validators ?? {}]] : [],
    ),
  );

  const second = await readAll(http, config, { known });

  const kinds = Map.groupBy(second.messages, (one) => one.kind);
  expect(pathsOf(said(site, second))).toStrictEqual(pathsOf(said(site, first)));
  expect(kinds.get('document')).toBeUndefined();
  expect(kinds.get('seen')).toHaveLength(31);
  expect(listingOf(second)).toMatchObject({ complete: true });
});

test('B11: a page that is read by selectors is only seen when it is unchanged', async () => {
  const site = await serve({ '/': withEtag('<h1>T</h1><main>text</main>', '"1"') });
  const config = { urls: [site.origin], extract: { title: 'h1', content: 'main' } };
  const [first] = (await readAll(http, config)).messages;
  const validators = (first?.kind === 'document' && first.document.validators) || {};
  const known = new Map<string, KnownDocument>([[`${site.origin}/`, validators]]);

  const second = await readAll(http, config, { known });

  expect(validators).toStrictEqual({ etag: '"1"' });
  expect(second.messages[0]).toStrictEqual({ kind: 'seen', id: `${site.origin}/` });
});

test('a 404 alone proves no deletion: it is tentative', async () => {
  const site = await serve({ '/': articlePage('Home', ['/gone']) });

  const { messages } = await readAll(http, { urls: [site.origin], follow: {} });

  expect(messages).toContainEqual({
    kind: 'gone',
    id: `${site.origin}/gone`,
    why: 'The site answered 404.',
    tentative: true,
  });
});

test('B10: a page that is stored under the address it leads to counts as seen when it fails', async () => {
  const site = await serve({ '/old': redirectTo('/new'), '/new': '<html></html>' });
  const known = new Map<string, KnownDocument>([[`${site.origin}/new`, {}]]);

  const found = await readAll(http, { urls: [`${site.origin}/old`] }, { known });

  expect(said(site, found)).toStrictEqual(['failed /new', 'failed /old']);
});

test('a link to a place that sources may not reach is left out, a seed there is a failure', async () => {
  const site = await serve({ '/': articlePage('Home', ['http://10.0.0.1/x']) });
  const follow = { sameHost: false, include: ['http://**'] };

  const linked = await readAll(http, { urls: [site.origin], follow });
  const named = await readAll(http, { urls: [site.origin, 'http://10.0.0.1/x'] });

  expect(said(site, linked)).toStrictEqual(['document /']);
  expect(said(site, named)).toStrictEqual(['document /', 'failed http://10.0.0.1/x']);
});

test.each([
  [{ extract: { records: 'li', title: 'b' } }, '"extract.records" needs a field "id"'],
  [{ extract: { title: 'b', next: { locators: 'a' } } }, '"extract.next" needs'],
])('%j is refused before any page is fetched', (wrong, sentence) => {
  const open = () => http.open({ urls: ['https://docs.example.com/'], ...wrong });

  expect(open).toThrow(sentence);
});

test('a cursor of an older version begins the crawl anew', async () => {
  const site = await serve({ '/': articlePage('Home', ['/a']), '/a': articlePage('A') });
  const config = { urls: [site.origin], follow: {} };

  const found = await readAll(http, config, { from: { v: 1, packed: 'eJwDAAAAAAE=' } });
  const unknown = await readAll(http, config, { from: { v: 2, crawl: 'gone', step: 7 } });

  expect(said(site, found)).toStrictEqual(['document /', 'document /a']);
  expect(said(site, unknown)).toStrictEqual(said(site, found));
});

test('F18: a calendar of 100,000 links is cut by the bounds, and the rest is counted', async () => {
  const years = Array.from({ length: 20 }, (_, year) => `/year/${year}`);
  const daysOf = (year: string): string =>
    Array.from({ length: 5000 }, (_, day) => `<a href="${year}/${day}">${day}</a>`).join('\n');
  const site = await serve({
    '/': articlePage('Calendar', years),
    ...Object.fromEntries(
      years.map((year) => [year, articlePage(year).replace('</nav>', `${daysOf(year)}</nav>`)]),
    ),
    '*': { headers: { 'content-type': 'text/plain' }, body: 'a day' },
  });

  const found = await readAll(http, { urls: [site.origin], follow: { maxPages: 30 } });

  expect(said(site, found)).toHaveLength(30);
  expect(listingOf(found)).toMatchObject({
    complete: false,
    why: expect.stringMatching(
      /more than 30 pages.*at least 10000 pages beyond "follow.maxPages"/u,
    ),
  });
}, 120_000);

/** A site whose answers take a while, and how many of them were awaited at once at most. */
async function slowSite(paths: readonly string[]) {
  let open = 0;
  let most = 0;
  const slow =
    (page: string): Page =>
    (_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.writeHead(200, { 'content-type': 'text/html' }).end(page);
      }, 200);
    };
  const pages = paths.map((path, index): [string, Page] => [
    path,
    slow(articlePage(path, [`/next/${index}`])),
  ]);
  const site = await serve({ '/': articlePage('Home', paths), ...Object.fromEntries(pages) });
  return { site, mostAtOnce: () => most };
}

test('pages of an own site are asked for ahead of their turn, and taken in their order', async () => {
  const paths = Array.from({ length: 20 }, (_, index) => `/p/${index}`);
  const { site, mostAtOnce } = await slowSite(paths);

  const { messages } = await readAll(http, { urls: [site.origin], follow: { maxDepth: 2 } });

  const order = messages.flatMap((one) => (one.kind === 'document' ? [one.document.id] : []));
  expect(order).toStrictEqual(['/', ...paths].map((path) => `${site.origin}${path}`));
  expect(mostAtOnce()).toBeGreaterThan(1);
  expect(mostAtOnce()).toBeLessThanOrEqual(5);
  expect(site.requests).toHaveLength(new Set(site.requests).size);
});

test('B8: a site that is asked slowly is asked for one page after the other', async () => {
  const paths = ['/p/0', '/p/1', '/p/2', '/p/3'];
  const { site, mostAtOnce } = await slowSite(paths);

  await readAll(http, { urls: [site.origin], follow: { maxDepth: 1 }, delayMs: 251 });

  expect(mostAtOnce()).toBe(1);
});

test('what was asked for ahead of a stop is asked for again, and nothing is lost', async () => {
  const paths = Array.from({ length: 8 }, (_, index) => `/p/${index}`);
  const site = await serve({
    '/': articlePage('Home', paths),
    ...Object.fromEntries(paths.map((path) => [path, articlePage(path)])),
    '/p/2': { status: 429, headers: { 'retry-after': '90' } },
  });
  const config = { urls: [site.origin], follow: { maxDepth: 1 } };

  const first = await readAll(http, config);
  site.put('/p/2', articlePage('/p/2'));
  const from = checkpointsOf(first).at(-1)?.cursor;
  const second = await readAll(http, config, { from, hosts: memoryHosts() });

  expect(first.error).toMatchObject({ type: 'RateLimited' });
  expect(said(site, first)).not.toContain('document /p/2');
  expect(said(site, first, second)).toHaveLength(9);
  expect(listingOf(second)).toMatchObject({ complete: true });
});
