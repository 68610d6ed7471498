import { afterEach, describe, expect, test } from 'vitest';
import type { KnownDocument, ReadMessage } from '../../../activities/sources/contract.ts';
import { http } from '../../../activities/sources/http.ts';
import { describeSource } from '../../contracts/source.ts';
import { FAILURES } from '../../../workflows/failures.ts';
import { memoryCrawls } from '../../../activities/sources/conformance/memory-crawls.ts';
import { memoryHosts } from '../../../activities/sources/conformance/memory-hosts.ts';
import { sourceEnv, type SourceEnvOverrides, type TestSourceEnv } from '../../fakes/source-env.ts';
import {
  articlePage,
  calendar,
  endlessBody,
  gzipBomb,
  redirectTo,
  slowBody,
  startSite,
  withEtag,
  type Page,
  type Site,
} from '../../fakes/site.ts';

const sites: Site[] = [];
const envs: TestSourceEnv[] = [];
afterEach(async () => {
  for (const env of envs.splice(0)) env.remove();
  for (const site of sites.splice(0)) await site.close();
});

async function serve(pages: Readonly<Record<string, Page>>): Promise<Site> {
  const site = await startSite(pages);
  sites.push(site);
  return site;
}

function env(overrides: SourceEnvOverrides = {}): TestSourceEnv {
  const made = sourceEnv(overrides);
  envs.push(made);
  return made;
}

type Message = ReadMessage<unknown>;

interface Read {
  readonly messages: readonly Message[];
  readonly error?: unknown;
}

/** All messages of a read, and how it ended. */
async function read(
  config: Record<string, unknown>,
  from: unknown = null,
  within: TestSourceEnv = env(),
): Promise<Read> {
  const messages: Message[] = [];
  try {
    for await (const one of http.open(config).read(from, within)) messages.push(one);
    return { messages };
  } catch (error) {
    return { messages, error };
  }
}

function crawlOf(
  site: Site,
  more: Record<string, unknown> = {},
  follow: Record<string, unknown> = {},
) {
  return { urls: [`${site.origin}/`], follow, ...more };
}

/** Paths of what is there, sorted. */
function there({ messages }: Read): string[] {
  const ids = messages.flatMap((one) => {
    if (one.kind === 'document') return [one.document.id];
    return one.kind === 'seen' ? [one.id] : [];
  });
  return ids.map((id) => id.replace(/^https?:\/\/[^/]+/, '')).toSorted();
}

function documents({ messages }: Read) {
  return messages.flatMap((one) => (one.kind === 'document' ? [one.document] : []));
}

function failures({ messages }: Read): Record<string, string> {
  return Object.fromEntries(
    messages.flatMap((one) =>
      one.kind === 'failed' ? [[one.id?.replace(/^https?:\/\/[^/]+/, '') ?? '', one.failure]] : [],
    ),
  );
}

function listing({ messages }: Read) {
  return messages.find((one) => one.kind === 'listing');
}

function lastCursor({ messages }: Read): unknown {
  return messages.findLast((one) => one.kind === 'checkpoint')?.cursor;
}

describeSource('http', async () => {
  const chapters = Object.fromEntries(
    Array.from({ length: 45 }, (_, index) => [
      `/c/${index}`,
      articlePage(`Chapter ${index}`, [`/c/${index + 1}`, '/']),
    ]),
  );
  const site = await startSite({
    '/': articlePage('Home', ['/c/0', '/c/9', '/c/18', '/c/27', '/c/36', '/missing']),
    ...chapters,
    '/closed': { status: 401 },
    '/broken': { status: 500 },
  });
  const follow = { maxDepth: 20 };
  const open = { headers: { 'x-api-key': 'canary-4711' }, delayMs: 50 };
  return {
    type: http,
    config: { urls: [`${site.origin}/`], follow, ...open },
    expectedIds: ['/', ...Object.keys(chapters)].map((path) => `${site.origin}${path}`),
    secrets: ['canary-4711'],
    badConfigs: [
      {
        why: 'not there',
        config: { urls: [`${site.origin}/missing`] },
        outcome: 'FAIL',
        naming: /missing.*404/,
      },
      {
        why: 'no credentials',
        fault: 'credentials',
        config: { urls: [`${site.origin}/closed`], ...open },
        outcome: 'FAIL',
        naming: /headers/,
      },
      {
        why: 'out of order',
        fault: 'unreachable',
        config: { urls: [`${site.origin}/broken`] },
        outcome: 'INDETERMINATE',
        naming: /500/,
      },
      {
        why: 'no such host',
        fault: 'unreachable',
        config: { urls: ['http://nowhere.invalid/'] },
        outcome: 'INDETERMINATE',
        naming: /nowhere\.invalid/,
      },
      {
        why: 'scope of nothing',
        fault: 'nothing',
        config: { urls: [`${site.origin}/`], follow: { include: ['/nothing/**'] } },
        outcome: 'FAIL',
        naming: /follow\.include/,
      },
      {
        why: 'internal host',
        config: { urls: ['http://10.0.0.1/'] },
        outcome: 'FAIL',
        naming: /WELLSPRING_ALLOWED_HOSTS/,
      },
      {
        why: 'no address',
        config: { urls: ['docs.example.com'] },
        outcome: 'InvalidConfig',
        naming: /docs\.example\.com/,
      },
      {
        why: 'too many pages',
        config: { urls: [site.origin], follow: { maxPages: 100_001 } },
        outcome: 'InvalidConfig',
        naming: /100001.*100000/,
      },
      {
        why: 'the whole web',
        config: { urls: [site.origin], follow: { sameHost: false } },
        outcome: 'InvalidConfig',
        naming: /follow\.include/,
      },
    ],
    cleanup: () => site.close(),
  };
});

describe('what becomes a document', () => {
  test('a page becomes Markdown with its title, address and validators', async () => {
    const head = '<meta property="article:modified_time" content="2026-11-01T10:00:00Z">';
    const site = await serve({ '/': withEtag(articlePage('Pumps', [], head), '"v1"') });

    const [document] = documents(await read({ urls: [site.origin] }));

    expect(document).toMatchObject({
      id: `${site.origin}/`,
      title: 'Pumps',
      url: `${site.origin}/`,
      modifiedAt: '2026-11-01T10:00:00.000Z',
      validators: { etag: '"v1"' },
      body: { kind: 'markdown', text: expect.stringContaining('The chapter about Pumps explains') },
    });
  });

  test('B12: text, Markdown, JSON and files are taken as they are', async () => {
    const typed = (type: string, body: string | Buffer): Page => ({
      headers: { 'content-type': type },
      body,
    });
    const site = await serve({
      '/': articlePage('Home', ['/a.md', '/a.txt', '/a.json', '/a.pdf', '/a.bin']),
      '/a.md': typed('text/markdown', '# Heading\n\nText'),
      '/a.txt': typed('text/plain', 'plain'),
      '/a.json': typed('application/json', '{"a":1}'),
      '/a.pdf': typed('text/html', '%PDF-1.7 x'),
      '/a.bin': typed('application/x-thing', 'x'),
    });

    const bodies = Object.fromEntries(
      documents(await read(crawlOf(site))).map((one) => [one.id.slice(site.origin.length), one]),
    );

    expect(bodies['/a.md']).toMatchObject({
      title: 'Heading',
      body: { kind: 'markdown', text: '# Heading\n\nText' },
    });
    expect(bodies['/a.txt']).toMatchObject({ body: { kind: 'text', text: 'plain' } });
    expect(bodies['/a.json']).toMatchObject({
      body: { kind: 'markdown', text: '```json\n{\n  "a": 1\n}\n```' },
    });
    expect(bodies['/a.pdf']).toMatchObject({
      body: { kind: 'file', contentType: 'application/pdf' },
    });
    expect(bodies).not.toHaveProperty('/a.bin');
  });

  test('B13: a wrong charset header does not damage the text', async () => {
    const site = await serve({
      '/': {
        headers: { 'content-type': 'text/html; charset=iso-8859-1' },
        body: articlePage('Zürich'),
      },
    });

    expect(documents(await read({ urls: [site.origin] }))[0]?.title).toBe('Zürich');
  });

  test('fields of an extraction spec make the document', async () => {
    const site = await serve({
      '/': '<html><body><h1>Pump 7</h1><b class="p">12</b><div id="d"><p>Does <em>it</em>.</p></div></body></html>',
    });
    const extract = { title: 'h1', content: '#d', pressure: { type: 'integer', locators: '.p' } };

    const [document] = documents(await read({ urls: [site.origin], extract }));

    expect(document).toMatchObject({
      title: 'Pump 7',
      body: { text: 'Does _it_.' },
      attributes: { pressure: 12 },
    });
  });

  test('records of a list are documents of their own, page by page', async () => {
    const list = (rows: string, more = ''): string => `<html><body>${rows}${more}</body></html>`;
    const row = (id: string): string => `<div class="r" ><i>${id}</i><p>Text of ${id}</p></div>`;
    const site = await serve({
      '/': list(row('a') + row('b'), '<a rel="next" href="/2">next</a>'),
      '/2': list(row('c')),
    });
    const extract = {
      records: '.r',
      id: 'i',
      content: 'p',
      next: { locators: { css: 'a[rel=next]', attr: 'href' } },
    };

    const followed = await read(crawlOf(site, { extract }));
    const alone = await read({ urls: [`${site.origin}/`], extract });

    expect(there(followed)).toStrictEqual(['/#a', '/#b', '/#c']);
    expect(there(alone)).toStrictEqual(['/#a', '/#b', '/#c']);
  });

  test('a field that matches nothing is SelectorMissing', async () => {
    const site = await serve({ '/': articlePage('Home') });

    const found = await read({ urls: [site.origin], extract: { title: 'h1', content: '.gone' } });

    expect(failures(found)).toStrictEqual({ '/': 'SelectorMissing' });
    expect(found.error).toMatchObject({
      type: 'SelectorMissing',
      message: expect.stringContaining('"content"'),
    });
  });
});

describe('what does not', () => {
  const login =
    '<html><head><title>Sign in</title></head><body><form><input name=u><input type="password"></form></body></html>';

  test('B2: login pages, "not found" pages, empty pages and errors are failures of their page alone', async () => {
    const site = await serve({
      '/': articlePage('Home', [
        '/login-here',
        '/private',
        '/soft',
        '/empty',
        '/403',
        '/400',
        '/ok',
      ]),
      '/login-here': login,
      '/private': redirectTo('/account/login'),
      '/account/login':
        '<html><head><title>Welcome</title></head><body>Please identify yourself.</body></html>',
      '/soft':
        '<html><head><title>404 - Page not found</title></head><body><h1>Oops</h1>Try the search.</body></html>',
      '/empty': '<html><body><script>render()</script></body></html>',
      '/403': { status: 403 },
      '/400': { status: 400 },
      '/ok': articlePage('Fine'),
    });

    const found = await read(crawlOf(site));

    expect(there(found)).toStrictEqual(['/', '/ok']);
    expect(failures(found)).toStrictEqual({
      '/login-here': 'Blocked',
      '/private': 'Blocked',
      '/soft': 'InvalidDocument',
      '/empty': 'EmptyResult',
      '/403': 'Blocked',
      '/400': 'InvalidDocument',
    });
    expect(listing(found)).toMatchObject({ complete: true });
  });

  test('an article about error 404 with a login form beside it stays an article', async () => {
    const page = articlePage('How to answer 404').replace(
      '<footer>',
      '<form><input type="password"></form><footer>',
    );
    const site = await serve({ '/': page });

    expect(there(await read({ urls: [site.origin] }))).toStrictEqual(['/']);
  });

  test('with credentials, a login page means that they have expired', async () => {
    const site = await serve({ '/': login });

    const { error } = await read({ urls: [site.origin], headers: { cookie: 'session=x' } });

    expect(error).toMatchObject({
      type: 'AuthExpired',
      message: expect.stringContaining('"headers"'),
    });
  });

  test('404, 410 and 451 are gone, each with its reason', async () => {
    const site = await serve({
      '/': articlePage('Home', ['/404', '/410', '/451']),
      '/410': { status: 410 },
      '/451': { status: 451 },
    });

    const gone = (await read(crawlOf(site))).messages.filter((one) => one.kind === 'gone');

    expect(gone.map((one) => one.why)).toStrictEqual([
      'The site answered 404.',
      'The site answered 410.',
      'The site answered 451: unavailable for legal reasons.',
    ]);
  });

  test('B8: noindex pages are left out, by meta and by header, but their links count', async () => {
    const site = await serve({
      '/': articlePage('Home', ['/meta', '/header', '/other-bot']),
      '/meta': articlePage('Hidden', ['/behind'], '<meta name="robots" content="noindex">'),
      '/header': { headers: { 'x-robots-tag': 'noindex' }, body: articlePage('Hidden') },
      '/other-bot': {
        headers: { 'x-robots-tag': 'otherbot: noindex' },
        body: articlePage('Shown'),
      },
      '/behind': articlePage('Behind'),
    });

    expect(there(await read(crawlOf(site)))).toStrictEqual(['/', '/behind', '/other-bot']);
  });

  test('bombs, endless and slow bodies fail alone', async () => {
    const site = await serve({
      '/': articlePage('Home', ['/bomb', '/endless', '/ok']),
      '/bomb': gzipBomb(60),
      '/endless': endlessBody(),
      '/ok': articlePage('Fine'),
    });

    const found = await read(crawlOf(site));

    expect(failures(found)).toStrictEqual({
      '/bomb': 'InvalidDocument',
      '/endless': 'InvalidDocument',
    });
    expect(there(found)).toStrictEqual(['/', '/ok']);
  });

  test('a slow body ends within 5 seconds of a cancellation', async () => {
    const site = await serve({ '/': slowBody() });
    const within = env();
    setTimeout(() => within.abort(), 300);

    const startedAt = performance.now();
    const { error } = await read({ urls: [site.origin] }, null, within);

    expect(String(error)).toContain('cancelled');
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('scope', () => {
  test('B7: include, exclude, depth and host bound the crawl', async () => {
    const other = await serve({ '*': articlePage('Elsewhere') });
    const site = await serve({
      '/': articlePage('Home', [
        '/docs/a',
        '/blog/b',
        '/docs/secret/c',
        `${other.origin}/docs/d`,
        '/style.css',
      ]),
      '/docs/a': articlePage('A', ['/docs/e']),
      '/docs/e': articlePage('E', ['/docs/f']),
      '/docs/f': articlePage('F'),
      '*': articlePage('Out'),
    });

    const found = await read(
      crawlOf(site, {}, { include: ['/docs/**'], exclude: ['/docs/secret/**'], maxDepth: 2 }),
    );

    expect(there(found)).toStrictEqual(['/', '/docs/a', '/docs/e']);
    expect(other.requests).toStrictEqual([]);
    expect(site.requests).not.toContain('GET /style.css');
    expect(listing(found)).toStrictEqual({
      kind: 'listing',
      complete: true,
      why: `Left out: 1 page deeper than "follow.maxDepth" ("${site.origin}/docs/f").`,
    });
  });

  test('without "follow" only the seeds are read', async () => {
    const site = await serve({ '/': articlePage('Home', ['/a']), '/a': articlePage('A') });

    expect(there(await read({ urls: [site.origin] }))).toStrictEqual(['/']);
  });

  test('B6: views of one page are one document', async () => {
    const site = await serve({
      '/': articlePage('Home', [
        '/a?utm_source=x',
        '/a#part',
        '/a?b=2&a=1',
        '/a?a=1&b=2',
        '/old',
        '/view?print=1',
      ]),
      '/a': articlePage('A'),
      '/old': redirectTo('/a', 301),
      '/view': articlePage('View', [], '<link rel="canonical" href="/view">'),
    });

    const found = await read(crawlOf(site));

    expect(there(found)).toStrictEqual(['/', '/a', '/a?a=1&b=2', '/view']);
    expect(listing(found)).toMatchObject({ complete: true });
  });

  test('B6: a canonical address that is not there, or of another page, changes nothing', async () => {
    const site = await serve({
      '/': articlePage('Home', ['/x?v=1', '/y']),
      '/x?v=1': articlePage('X', [], '<link rel="canonical" href="/x">'),
      '/x': { status: 404 },
      '/y': articlePage('Y', [], '<link rel="canonical" href="/">'),
    });

    expect(there(await read(crawlOf(site)))).toStrictEqual(['/', '/x?v=1', '/y']);
  });

  test('B15: a calendar without end is cut by its bounds, and the listing says so', async () => {
    const site = await serve({ '/': articlePage('Home', ['/calendar/0']), '*': calendar() });

    const pages = await read(crawlOf(site, {}, { maxPages: 30, maxDepth: 20 }));

    expect(there(pages)).toHaveLength(30);
    expect(listing(pages)).toMatchObject({
      complete: false,
      why: expect.stringContaining('more than 30 pages'),
    });
  });

  test('B15: query variants of one path are cut, and the listing names the path', async () => {
    const variants = Array.from({ length: 60 }, (_, index) => `/list?page=${index}`);
    const site = await serve({
      '/': articlePage('Home', variants),
      ...Object.fromEntries(variants.map((path) => [path, articlePage(path)])),
    });

    const found = await read(crawlOf(site));

    expect(there(found)).toHaveLength(51);
    expect(listing(found)).toMatchObject({
      complete: false,
      why: expect.stringContaining('/list" has more than 50'),
    });
  });

  test('B15: addresses of one shape that all say the same end the search among them', async () => {
    const visitors = Array.from({ length: 40 }, (_, index) => `/item/${index}`);
    const site = await serve({
      '/': articlePage('Home', [...visitors, '/other']),
      '/other': articlePage('Other'),
      '*': articlePage('The same for all'),
    });

    const found = await read(crawlOf(site));

    expect(there(found).filter((path) => path.startsWith('/item'))).toHaveLength(21);
    expect(there(found)).toContain('/other');
    expect(listing(found)).toMatchObject({
      complete: false,
      why: expect.stringMatching(
        /\/item\/#" hold the same text.*19 pages among others of equal text/u,
      ),
    });
  });

  test('a seed that moved to another host is not followed there, and named', async () => {
    const other = await serve({ '/': articlePage('New home') });
    const site = await serve({ '/': redirectTo(`${other.origin}/`) });

    const { error } = await read(crawlOf(site));

    expect(error).toMatchObject({
      type: 'Blocked',
      message: expect.stringContaining(`redirects to host "${other.host}"`),
    });
    // Both are shown, one after the other.
    const told = `${(error as Error).message} ${FAILURES.Blocked.remedy}`;
    expect(told).toContain('If the site moved, name the new address in "urls".');
    expect(told).not.toContain('Ask the owner');
  });

  test('configured headers reach the seed host alone', async () => {
    const other = await serve({ '*': articlePage('Elsewhere') });
    const site = await serve({ '/': articlePage('Home', [`${other.origin}/x`]) });
    const follow = { sameHost: false, include: [`${other.origin}/**`] };

    await read(crawlOf(site, { headers: { 'x-api-key': 'k-1' } }, follow));

    expect(site.headersOf('/')).toMatchObject({ 'x-api-key': 'k-1' });
    expect(other.headersOf('/x')).toBeDefined();
    expect(other.headersOf('/x')).not.toHaveProperty('x-api-key');
    expect(site.headersOf('/robots.txt')).not.toHaveProperty('x-api-key');
  });
});

describe('robots.txt (B8)', () => {
  const robots = (body: string): Page => ({ headers: { 'content-type': 'text/plain' }, body });

  test('disallowed pages are not asked for; a stored one stays, as a failure', async () => {
    const site = await serve({
      '/robots.txt': robots('user-agent: wellspring-tests\ndisallow: /no'),
      '/': articlePage('Home', ['/no/1', '/no/2', '/no/3', '/yes']),
      '*': articlePage('Any'),
    });
    const known = new Map<string, KnownDocument>([
      [`${site.origin}/no/2`, {}],
      [`${site.origin}/no/3`, { failed: true }],
    ]);

    const found = await read(crawlOf(site), null, env({ known }));

    expect(there(found)).toStrictEqual(['/', '/yes']);
    expect(failures(found)).toStrictEqual({ '/no/2': 'Blocked', '/no/3': 'Blocked' });
    expect(site.requests.filter((one) => one.includes('/no'))).toStrictEqual([]);
  });

  test('a site that disallows its seed is Blocked', async () => {
    const site = await serve({
      '/robots.txt': robots('user-agent: *\ndisallow: /'),
      '/': articlePage('Home'),
    });

    const { error } = await read(crawlOf(site));

    expect(error).toMatchObject({
      type: 'Blocked',
      message: expect.stringContaining('robots.txt'),
    });
    expect(site.requests).toStrictEqual(['GET /robots.txt']);
  });

  test('R11: rules that nobody can read mean no crawl, and the failure says so', async () => {
    const site = await serve({ '/robots.txt': { status: 503 }, '/': articlePage('Home') });

    const found = await read(crawlOf(site));

    expect(found.error).toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringContaining('/robots.txt'),
    });
    expect(listing(found)).toBeUndefined();
    expect(site.requests).not.toContain('GET /');
  });

  test('a long crawl delay ends the attempt with a checkpoint, and the next one goes on', async () => {
    const site = await serve({
      '/robots.txt': robots('user-agent: *\ncrawl-delay: 90'),
      '/': articlePage('Home', ['/a']),
      '/a': articlePage('A'),
    });

    const found = await read(crawlOf(site));

    expect(there(found)).toStrictEqual(['/']);
    expect(found.error).toMatchObject({ type: 'RateLimited', nextRetryDelay: expect.any(Number) });
    expect(lastCursor(found)).toMatchObject({ v: 2, step: 1 });
  });
});

describe('a site in trouble', () => {
  test('429 ends the attempt with its Retry-After, and the next one begins with that page', async () => {
    const site = await serve({
      '/': articlePage('Home', ['/a', '/b']),
      '/a': { status: 429, headers: { 'retry-after': '120' } },
      '/b': articlePage('B'),
    });

    const first = await read(crawlOf(site));
    site.put('/a', articlePage('A'));
    const tooSoon = await read(crawlOf(site), lastCursor(first));
    const second = await read(crawlOf(site), lastCursor(first), env({ hosts: memoryHosts() }));

    expect(first.error).toMatchObject({ type: 'RateLimited', nextRetryDelay: 120_000 });
    expect(tooSoon.error).toMatchObject({
      type: 'RateLimited',
      message: expect.stringContaining('may be asked again'),
    });
    expect(site.requests.filter((one) => one === 'GET /a')).toHaveLength(2);
    expect(there(first)).toStrictEqual(['/']);
    expect(there(second)).toStrictEqual(['/a', '/b']);
    expect(listing(second)).toMatchObject({ complete: true });
  });

  test('503 with a date asks to wait, too', async () => {
    const at = new Date(Date.now() + 600_000).toUTCString();
    const site = await serve({ '/': { status: 503, headers: { 'retry-after': at } } });

    const { error } = await read(crawlOf(site));

    expect(error).toMatchObject({ type: 'RateLimited' });
    expect((error as { nextRetryDelay: number }).nextRetryDelay).toBeGreaterThan(590_000);
  });

  test('a page that answers 429 for ever fails alone after three waits', async () => {
    const site = await serve({
      '/': articlePage('Home', ['/a', '/b']),
      '/a': { status: 429 },
      '/b': articlePage('B'),
    });

    let found = await read(crawlOf(site));
    const seen = [...there(found)];
    for (let turn = 0; turn < 3; turn += 1) {
      found = await read(crawlOf(site), lastCursor(found));
      seen.push(...there(found));
    }

    expect(found.error).toBeUndefined();
    expect(failures(found)).toStrictEqual({ '/a': 'RateLimited' });
    expect(seen).toStrictEqual(['/', '/b']);
  });

  test('R4: a page that fails twice hides its links: no deletions are inferred', async () => {
    const site = await serve({ '/': articlePage('Home', ['/a']), '/a': { status: 502 } });

    const found = await read(crawlOf(site));

    expect(failures(found)).toStrictEqual({ '/a': 'SourceUnavailable' });
    expect(site.requests.filter((one) => one === 'GET /a')).toHaveLength(2);
    expect(listing(found)).toMatchObject({ complete: false, why: expect.stringContaining('/a') });
  });

  test('a hiccup is tried again before the end', async () => {
    let calls = 0;
    const site = await serve({
      '/': articlePage('Home', ['/a']),
      '/a': (_request, response) => {
        calls += 1;
        response.writeHead(calls === 1 ? 500 : 200, { 'content-type': 'text/html' });
        response.end(articlePage('A'));
      },
    });

    const found = await read(crawlOf(site));

    expect(there(found)).toStrictEqual(['/', '/a']);
    expect(listing(found)).toMatchObject({ complete: true });
  });

  test('a site that stops answering ends the attempt; the next one goes on', async () => {
    const paths = Array.from({ length: 15 }, (_, index) => `/p/${index}`);
    const site = await serve({
      '/robots.txt': { status: 404 },
      '/': articlePage('Home', paths),
      '*': { status: 500 },
    });

    const first = await read(crawlOf(site));
    site.put('*', articlePage('Back'));
    const second = await read(crawlOf(site), lastCursor(first));

    expect(first.error).toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringContaining('10 times in a row'),
    });
    expect(failures(first)).toStrictEqual({});
    expect(there(second)).toHaveLength(15);
    expect(listing(second)).toMatchObject({ complete: true });
  });

  test('R4: a seed that is gone permits no deletions', async () => {
    const site = await serve({ '/a': articlePage('A') });

    const found = await read({ urls: [`${site.origin}/`, `${site.origin}/a`], follow: {} });

    expect(there(found)).toStrictEqual(['/a']);
    expect(listing(found)).toMatchObject({ complete: false });
  });

  test('C9: nothing but failures is a failure', async () => {
    const site = await serve({ '/': { status: 404 } });

    expect((await read(crawlOf(site))).error).toMatchObject({
      type: 'NotFound',
      message: expect.stringContaining('"urls"'),
    });
  });

  test('a redirect loop fails alone', async () => {
    const site = await serve({ '/': articlePage('Home', ['/loop']), '/loop': redirectTo('/loop') });

    expect(failures(await read(crawlOf(site)))).toStrictEqual({ '/loop': 'InvalidDocument' });
  });
});

describe('skipping work (B11)', () => {
  /** Reads the same site on several days, as runs that share what is known of its pages. */
  async function readDaily(
    config: Record<string, unknown>,
    days: readonly number[],
    known: ReadonlyMap<string, KnownDocument>,
  ): Promise<readonly Read[]> {
    let startedAt = new Date();
    const crawls = memoryCrawls(() => startedAt);
    const readings: Read[] = [];
    for (const day of days) {
      startedAt = new Date(Date.UTC(2026, 10, 1) + day * 86_400_000);
      readings.push(await read(config, null, env({ known, startedAt, crawls })));
    }
    return readings;
  }

  function kindOf({ messages: [first] }: Read): string {
    return first?.kind ?? '';
  }

  test('an unchanged page is only seen until a week has passed since it was last read', async () => {
    const site = await serve({ '/': withEtag(articlePage('Home'), '"v1"') });
    const known = new Map<string, KnownDocument>([[`${site.origin}/`, { etag: '"v1"' }]]);
    const days = Array.from({ length: 29 }, (_, day) => day);

    const kinds = (await readDaily({ urls: [site.origin] }, days, known)).map(kindOf);
    const again = (await readDaily({ urls: [site.origin] }, days, known)).map(kindOf);

    const readOn = kinds.flatMap((kind, day) => (kind === 'document' ? [day] : []));
    const gaps = readOn.slice(1).map((day, index) => day - (readOn[index] ?? 0));
    expect(readOn[0]).toBe(0);
    expect(gaps.length).toBeGreaterThan(2);
    expect(gaps.every((days) => days === 6 || days === 7)).toBe(true);
    expect(again).toStrictEqual(kinds);
  });

  test('a page whose links nobody knows yet is read: 304 would hide them', async () => {
    const site = await serve({
      '/': withEtag(articlePage('Home', ['/a']), '"v1"'),
      '/a': articlePage('A'),
    });
    const known = new Map<string, KnownDocument>([[`${site.origin}/`, { etag: '"v1"' }]]);

    const found = await read(crawlOf(site), null, env({ known, crawls: memoryCrawls() }));

    expect(there(found)).toStrictEqual(['/', '/a']);
  });

  test('a page that answers 304 leads where it led when it was read', async () => {
    const site = await serve({
      '/': withEtag(articlePage('Home', ['/a']), '"v1"'),
      '/a': withEtag(articlePage('A', ['/b']), '"v2"'),
      '/b': articlePage('B', ['/c']),
      '/c': articlePage('C'),
    });
    const known = new Map<string, KnownDocument>([
      [`${site.origin}/`, { etag: '"v1"' }],
      [`${site.origin}/a`, { etag: '"v2"' }],
    ]);

    const [first, second] = await readDaily(crawlOf(site, {}, { maxDepth: 2 }), [0, 1], known);

    expect(first && there(first)).toStrictEqual(['/', '/a', '/b']);
    expect(second && there(second)).toStrictEqual(['/', '/a', '/b']);
    expect(second && kindOf(second)).toBe('seen');
    expect(second && listing(second)).toStrictEqual(first && listing(first));
  });

  test('a page that failed, or that is not stored, is read whatever its validators say', async () => {
    const site = await serve({ '/': withEtag(articlePage('Home'), '"v1"') });
    const failed = new Map<string, KnownDocument>([[`${site.origin}/`, { failed: true }]]);

    const kinds = await Promise.all(
      [failed, new Map()].map(async (known) =>
        (await readDaily({ urls: [site.origin] }, [0, 1], known)).map(kindOf),
      ),
    );

    expect(kinds.flat()).toStrictEqual(['document', 'document', 'document', 'document']);
  });

  test('"rereadAfterDays: 0" reads every page in every run', async () => {
    const site = await serve({ '/': withEtag(articlePage('Home'), '"v1"') });
    const known = new Map<string, KnownDocument>([[`${site.origin}/`, { etag: '"v1"' }]]);

    const readings = await readDaily({ urls: [site.origin], rereadAfterDays: 0 }, [0, 1], known);

    expect(readings.map(kindOf)).toStrictEqual(['document', 'document']);
  });

  test('a page without validators is not asked for while its sitemap names the same change', async () => {
    const lastmod = (text: string): Page => ({
      headers: { 'content-type': 'application/xml' },
      body: `<urlset><url><loc>@ORIGIN@/a</loc><lastmod>${text}</lastmod></url></urlset>`,
    });
    const site = await serve({ '/a': articlePage('A'), '/s.xml': lastmod('2026-10-01') });
    const known = new Map<string, KnownDocument>([[`${site.origin}/a`, {}]]);
    const config = { urls: [`${site.origin}/a`], sitemap: `${site.origin}/s.xml` };
    const asked = (): number => site.requests.filter((one) => one === 'GET /a').length;
    const crawls = memoryCrawls(() => new Date('2026-11-01'));
    const readOn = (day: string): Promise<Read> =>
      read({ ...config }, null, env({ known, crawls, startedAt: new Date(day) }));

    const first = await readOn('2026-11-01');
    const second = await readOn('2026-11-02');
    const askedTwice = asked();
    site.put('/s.xml', lastmod('2026-11-02'));
    const third = await readOn('2026-11-03');

    expect([first, second, third].map(kindOf)).toStrictEqual(['document', 'seen', 'document']);
    expect([askedTwice, asked()]).toStrictEqual([1, 2]);
  });
});

describe('what is known of a page afterwards', () => {
  test('when it was asked for, what came, and why it is no document', async () => {
    const site = await serve({
      '/robots.txt': {
        headers: { 'content-type': 'text/plain' },
        body: 'user-agent: *\ndisallow: /no',
      },
      '/': articlePage('Home', ['/no', '/old', '/hidden', '/gone', '/empty', '/view?a=1', '/a']),
      '/a': withEtag(articlePage('A', ['/deep', '/']), '"a"'),
      '/old': redirectTo('/a'),
      '/hidden': articlePage('H', [], '<meta name="robots" content="noindex">'),
      '/view': articlePage('View', [], '<link rel="canonical" href="/view">'),
      '/empty': '<html></html>',
    });
    const crawls = memoryCrawls();

    await read(crawlOf(site, {}, { maxDepth: 1 }), null, env({ crawls }));

    const page = (path: string) => crawls.page(`${site.origin}${path}`);
    expect(page('/a')).toMatchObject({
      kind: 'read',
      status: 200,
      etag: '"a"',
      textHash: expect.stringMatching(/^[0-9a-f]{64}$/u),
      links: [`${site.origin}/deep`, `${site.origin}/`],
      fetchedAt: expect.stringMatching(/^\d{4}-/u),
    });
    expect(page('/a')).not.toHaveProperty('reason');
    expect(page('/no')).not.toHaveProperty('fetchedAt');
    expect(
      ['/no', '/old', '/hidden', '/gone', '/empty', '/view?a=1', '/deep'].map(
        (path) => page(path)?.reason,
      ),
    ).toStrictEqual(['robots', 'redirect', 'noindex', 'gone', 'EmptyResult', 'view', 'depth']);
    expect(page('/old')).toMatchObject({ status: 200, finalUrl: `${site.origin}/a` });
    expect(page('/gone')).toMatchObject({ status: 404 });
  });
});

describe('sitemaps', () => {
  const sitemap = (...paths: string[]): Page => ({
    headers: { 'content-type': 'application/xml' },
    body: `<urlset>${paths.map((path) => `<url><loc>@ORIGIN@${path}</loc></url>`).join('')}</urlset>`,
  });
  const index = (...paths: string[]): Page => ({
    headers: { 'content-type': 'application/xml' },
    body: `<sitemapindex>${paths.map((path) => `<sitemap><loc>@ORIGIN@${path}</loc></sitemap>`).join('')}</sitemapindex>`,
  });

  test('"only" takes their pages and nothing else', async () => {
    const site = await serve({
      '/robots.txt': {
        headers: { 'content-type': 'text/plain' },
        body: 'sitemap: @ORIGIN@/index.xml',
      },
      '/index.xml': index('/1.xml', '/2.xml'),
      '/1.xml': sitemap('/a', '/b'),
      '/2.xml': sitemap('/c'),
      '/': articlePage('Home', ['/d']),
      '*': articlePage('Any', ['/d']),
    });

    const found = await read(crawlOf(site, { sitemap: 'only' }));

    expect(there(found)).toStrictEqual(['/a', '/b', '/c']);
    expect(listing(found)).toMatchObject({ complete: true });
  });

  test('a start page without the fields leads nowhere; the sitemap does, with a seed that has them', async () => {
    const product = { body: '<h1>Kettle</h1><p class="price">9</p><main>It boils.</main>' };
    const site = await serve({
      '/': articlePage('All products', ['/products/1', '/products/2']),
      '/sitemap.xml': sitemap('/', '/products/1', '/products/2'),
      '*': product,
    });
    const extract = { title: 'h1', content: 'main', price: '.price' };
    const include = ['/products/**'];

    const followed = await read(crawlOf(site, { extract }, { include }));
    const listed = await read({
      urls: [`${site.origin}/products/1`],
      sitemap: 'only',
      follow: { include },
      extract,
    });

    expect(there(followed)).toStrictEqual([]);
    expect(failures(followed)).toStrictEqual({ '/': 'SelectorMissing' });
    expect(there(listed)).toStrictEqual(['/products/1', '/products/2']);
    expect(failures(listed)).toStrictEqual({});
    expect(listing(listed)).toMatchObject({ complete: true });
  });

  test('"include" adds them to seeds and links; a site without one is fine', async () => {
    const site = await serve({ '/': articlePage('Home', ['/a']), '*': articlePage('Any') });
    site.put('/sitemap.xml', { status: 404 });
    const without = await read(crawlOf(site, { sitemap: 'include' }));
    site.put('/sitemap.xml', sitemap('/b'));
    const with_ = await read(crawlOf(site, { sitemap: 'include' }));

    expect(there(without)).toStrictEqual(['/', '/a']);
    expect(listing(without)).toMatchObject({ complete: true });
    expect(there(with_)).toStrictEqual(['/', '/a', '/b']);
  });

  test.each([
    [503, 'It is asked again by itself.'],
    [404, 'Name another address in "sitemap", or use "skip".'],
  ])('a sitemap that answers %i says what there is to do', async (status, remedy) => {
    const site = await serve({ '/': articlePage('Home'), '/map.xml': { status } });

    const found = await read({ urls: [site.origin], sitemap: `${site.origin}/map.xml` });

    expect(listing(found)).toMatchObject({
      complete: false,
      why: expect.stringContaining(`answered ${status}. ${remedy}`),
    });
  });

  test('R4: a broken file of an index permits no deletions', async () => {
    const site = await serve({
      '/': articlePage('Home'),
      '/index.xml': index('/1.xml', '/2.xml', '/3.xml'),
      '/1.xml': sitemap('/a'),
      '/2.xml': sitemap('/b'),
      '/3.xml': { status: 500 },
      '*': articlePage('Any'),
    });

    const found = await read({ urls: [site.origin], sitemap: `${site.origin}/index.xml` });

    expect(there(found)).toStrictEqual(['/', '/a', '/b']);
    expect(listing(found)).toMatchObject({
      complete: false,
      why: expect.stringContaining('/3.xml" answered 500'),
    });
  });

  test('discover names seeds and sitemaps with their counts', async () => {
    const site = await serve({ '/sitemap.xml': sitemap('/a', '/b'), '/': articlePage('Home') });

    const { streams } = await http
      .open({ urls: [site.origin], sitemap: 'include' })
      .discover(env());

    expect(streams).toStrictEqual([
      { name: `${site.origin}/`, primaryKey: ['url'] },
      { name: `${site.origin}/sitemap.xml`, primaryKey: ['url'], count: 2 },
    ]);
  });

  test('check fails for a sitemap that is not there', async () => {
    const site = await serve({ '/': articlePage('Home') });

    const results = await http.open({ urls: [site.origin], sitemap: 'only' }).check(env());

    expect(results).toContainEqual(
      expect.objectContaining({ capability: 'list', verdict: 'FAIL' }),
    );
  });
});

test('B9: a source may reach no internal host that the operator did not allow', async () => {
  const site = await serve({ '/': articlePage('Internal') });

  const { error } = await read(
    { urls: [site.origin] },
    null,
    env({ settings: { allowedHosts: [] } }),
  );

  expect(error).toMatchObject({
    type: 'PolicyDenied',
    message: expect.stringContaining('WELLSPRING_ALLOWED_HOSTS'),
  });
  expect(site.requests).toStrictEqual([]);
});
