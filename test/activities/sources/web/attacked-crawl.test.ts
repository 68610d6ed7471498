import { afterEach, expect, test } from 'vitest';
import { http } from '../../../../activities/sources/http.ts';
import { memoryCrawls } from '../../../../activities/sources/conformance/memory-crawls.ts';
import {
  articlePage,
  redirectTo,
  startSite,
  withEtag,
  type Page,
  type Site,
} from '../../../fakes/site.ts';
import { listingOf, readAll, said } from './reading.ts';

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite(pages);
  sites.push(site);
  return site;
}

function canonical(path: string): string {
  return `<link rel="canonical" href="${path}">`;
}

test('B6: pages that each say that they are a view of the other end the crawl, as one document', async () => {
  const site = await serve({
    '/': articlePage('Home', ['/guide', '/x?v=1']),
    '/guide': articlePage('Guide', [], canonical('/guide/')),
    '/guide/': articlePage('Guide', [], canonical('/guide')),
    '/x?v=1': articlePage('X', [], canonical('/x?v=2')),
    '/x?v=2': articlePage('X', [], canonical('/x?v=3')),
    '/x?v=3': articlePage('X', [], canonical('/x?v=1')),
  });
  const found = await readAll(http, { urls: [`${site.origin}/`], follow: {} });

  expect(found.error).toBeUndefined();
  expect(listingOf(found)).toMatchObject({ complete: true });
  const documents = said(site, found).filter((one) => one.startsWith('document'));
  expect(documents.filter((one) => one.includes('/guide'))).toHaveLength(1);
  expect(documents.filter((one) => one.includes('/x'))).toHaveLength(1);
});

test('B6: a page stays whose canonical address leads back to it', async () => {
  const site = await serve({
    '/': articlePage('Home', ['/a']),
    '/a': articlePage('A', [], canonical('/a/')),
    '/a/': redirectTo('/a', 301),
  });

  const found = await readAll(http, { urls: [`${site.origin}/`], follow: {} });

  expect(said(site, found)).toStrictEqual(['document /', 'document /a']);
});

test('B11: a 304 of another address says nothing of a page that is not stored there', async () => {
  const site = await serve({ '/a': withEtag(articlePage('A'), '"content"') });
  const config = { urls: [`${site.origin}/a`] };
  const known = new Map([[`${site.origin}/a`, { etag: '"content"' }]]);
  const env = { known, crawls: memoryCrawls() };
  await readAll(http, config, env);
  site.put('/a', redirectTo('/b', 301));
  site.put('/b', withEtag(articlePage('A'), '"content"'));

  expect(said(site, await readAll(http, config, env))).toStrictEqual(['document /b']);
});

test('C9: a site that answers 304 to whoever has nothing yet does not look collected', async () => {
  const site = await serve({ '/robots.txt': { status: 404 }, '*': { status: 304 } });

  const { messages, error } = await readAll(http, { urls: [`${site.origin}/`] });

  expect(error).toMatchObject({ type: 'InvalidDocument' });
  expect(messages.filter(({ kind }) => kind === 'seen')).toStrictEqual([]);
});

test('B7: a page that leads to hosts out of scope makes no request there', async () => {
  const other = await serve({ '*': articlePage('Other') });
  const site = await serve({
    '/': articlePage('Home', ['/out/1', '/out/2']),
    '/out/1': redirectTo(`${other.origin}/1`),
    '/out/2': redirectTo(`${other.origin}/2`, 301),
  });
  const crawls = memoryCrawls();

  const found = await readAll(http, { urls: [`${site.origin}/`], follow: {} }, { crawls });

  expect(said(site, found)).toStrictEqual(['document /']);
  expect(other.requests).toStrictEqual([]);
  expect(crawls.page(`${site.origin}/out/1`)).toMatchObject({
    status: 302,
    reason: 'redirect',
    detail: `it redirects to host "${other.host}"`,
  });
});

test('B8: a page that leads to another host of the source is followed by the rules of that host', async () => {
  const other = await serve({
    '/robots.txt': 'User-agent: *\nDisallow: /private',
    '*': articlePage('Other'),
  });
  const site = await serve({
    '/': articlePage('Home', ['/out/1', '/out/2']),
    '/out/1': redirectTo(`${other.origin}/private`),
    '/out/2': redirectTo(`${other.origin}/open`),
  });

  const found = await readAll(http, {
    urls: [`${site.origin}/`],
    follow: { sameHost: false, include: ['http://127.0.0.1:*/**'] },
  });

  expect(found.error).toBeUndefined();
  expect(said(site, found)).toStrictEqual(['document /', `document ${other.origin}/open`]);
  expect(other.requests).toStrictEqual(['GET /robots.txt', 'GET /open']);
});

test('B7: of a sitemap only dates are remembered, and no part of something else', async () => {
  const dates = ['2026-11-01', `${'a'.repeat(63)}\u{1f600}`, '2026\0', '2026-11-01T00:00:00+01:00'];
  const entries = dates.map(
    (date, index) => `<url><loc>@ORIGIN@/${index}</loc><lastmod>${date}</lastmod></url>`,
  );
  const site = await serve({
    '/sitemap.xml': `<urlset>${entries.join('')}</urlset>`,
    '*': articlePage('A'),
  });
  const crawls = memoryCrawls();

  await readAll(http, { urls: [`${site.origin}/`], sitemap: 'only' }, { crawls });

  const lastmods = crawls.staged.flatMap(({ pages }) => pages.map((one) => one.sitemapLastmod));
  expect(lastmods.filter((one) => one !== undefined)).toStrictEqual([dates[0], dates[3]]);
});
