import { afterEach, expect, test } from 'vitest';
import { http } from '../../../../activities/sources/http.ts';
import { articlePage, redirectTo, startSite, type Page, type Site } from '../../../fakes/site.ts';
import { sourceEnv } from '../../../fakes/source-env.ts';

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite(pages);
  sites.push(site);
  return site;
}

/** What came of each path, and which were asked for. */
async function again(site: Site, config: object, ...paths: readonly string[]) {
  const env = sourceEnv();
  try {
    const open = http.open({ urls: [`${site.origin}/`], ...config });
    const ids = paths.map((path) => `${site.origin}${path}`);
    const messages = await Array.fromAsync(open.readAgain?.(ids, env) ?? []);
    return messages.map((one) => {
      const id = one.kind === 'document' ? one.document.id : (one.id ?? '');
      return `${id.replace(site.origin, '')} ${one.kind}`;
    });
  } finally {
    env.remove();
  }
}

test('pages are fetched again alone, and no link is followed', async () => {
  const site = await serve({
    '/': articlePage('Home', ['/a', '/b']),
    '/a': articlePage('A', ['/b', '/c']),
    '/b': articlePage('B'),
    '/c': articlePage('C'),
    '/broken': { status: 500, body: 'no' },
  });

  expect(await again(site, { follow: {} }, '/a', '/gone', '/broken')).toEqual([
    '/a document',
    '/gone gone',
    '/broken failed',
  ]);
});

test('what the scope leaves out by now is passed over', async () => {
  const site = await serve({
    '/': articlePage('Home'),
    '/a': articlePage('A'),
    '/private/b': articlePage('B'),
    '/away': redirectTo('/private/b'),
  });

  expect(await again(site, { follow: { exclude: ['/private/**'] } }, '/private/b', '/a')).toEqual([
    '/a document',
  ]);
});

test('B6: a view of a page that is there becomes no second document', async () => {
  const site = await serve({
    '/a': articlePage('A'),
    '/a?print=1': articlePage('A', [], '<link rel="canonical" href="/a">'),
  });

  expect(await again(site, { follow: {} }, '/a?print=1')).toEqual(['/a document']);
});
