import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browser } from '../../../activities/sources/browser.ts';
import type { ReadMessage } from '../../../activities/sources/contract.ts';
import { describeSource } from '../../contracts/source.ts';
import { chromiumPath, expectNoBrowsers, withOneBrowser } from '../../fakes/chromium.ts';
import { articlePage, redirectTo, startSite, type Page, type Site } from '../../fakes/site.ts';
import { sourceEnv, type TestSourceEnv } from '../../fakes/source-env.ts';

/** A page whose article exists only after its script ran. */
function scripted(title: string, links: readonly string[] = []): string {
  const article = `<article><h2>${title}</h2><p>About ${title}.</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></article>`;
  const anchors = links.map((link) => `<a href="${link}">${link}</a>`).join(' ');
  return `<!doctype html><html><head><title>Docs</title></head><body><div id="app">loading</div><script>
    setTimeout(() => {
      document.getElementById('app').innerHTML = ${JSON.stringify(`<h1>${title}</h1>${anchors}${article}`)};
    }, 100);
  </script></body></html>`;
}

const ALLOWED_HOSTS = ['127.0.0.1', 'localhost', '::1'];
const EXTRACT = { title: 'h1', content: 'article' };

describe.skipIf(chromiumPath === undefined)('a browser source', () => {
  withOneBrowser({ executablePath: chromiumPath ?? '', allowedHosts: ALLOWED_HOSTS });

  let site: Site;
  const envs: TestSourceEnv[] = [];

  afterEach(async () => {
    for (const env of envs.splice(0)) env.remove();
    await site.close();
  });

  function env(): TestSourceEnv {
    const made = browserEnv();
    envs.push(made);
    return made;
  }

  async function read(
    pages: Readonly<Record<string, Page>>,
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<{ messages: ReadMessage<unknown>[]; error?: unknown }> {
    site = await startSite(pages);
    const messages: ReadMessage<unknown>[] = [];
    const { urls = ['/'], ...others } = config;
    const opened = browser.open({
      urls: (urls as string[]).map((url) => (url.startsWith('/') ? `${site.origin}${url}` : url)),
      ...others,
    });
    try {
      for await (const message of opened.read(null, env())) messages.push(message);
    } catch (error) {
      return { messages, error };
    }
    return { messages };
  }

  test('follows the links that scripts built, within its globs, and reads fields by selectors', async () => {
    const { messages } = await read(
      {
        '/': scripted('Home', ['/api/a', '/api/b#top', '/blog/c', '/api/b']),
        '/api/a': scripted('Alpha', ['/api/b']),
        '/api/b': scripted('Beta'),
        '/blog/c': scripted('Blog'),
      },
      { follow: { include: ['/api/**'], maxPages: 500 }, extract: EXTRACT },
    );

    expect(documents(messages)).toStrictEqual([
      { id: `${site.origin}/`, title: 'Home' },
      { id: `${site.origin}/api/a`, title: 'Alpha' },
      { id: `${site.origin}/api/b`, title: 'Beta' },
    ]);
    expect(messages.find((message) => message.kind === 'document')).toMatchObject({
      document: {
        body: { kind: 'markdown', text: expect.stringMatching(/## Home[\s\S]*\| a \|/u) },
      },
    });
    expect(messages.at(-1)).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('without extract it takes the article of the rendered page', async () => {
    const inner = articlePage('Rendered', [], '').replace(/^[\s\S]*<body>|<\/body>[\s\S]*$/gu, '');
    const { messages } = await read({
      '/': `<html><body><script>document.body.innerHTML = ${JSON.stringify(inner)}</script></body></html>`,
    });

    expect(messages[0]).toMatchObject({
      kind: 'document',
      document: { body: { text: expect.stringContaining('The chapter about Rendered explains') } },
    });
  });

  test('a field that is missing everywhere fails the read with the selector, the page and its size', async () => {
    const page = '<html><body><article>text</article></body></html>';
    const { messages, error } = await read(
      { '/': page },
      { extract: { title: 'article h1', content: 'article' }, timeoutMs: 2000 },
    );

    const sizeBytes = Buffer.byteLength(page.replace('<html>', '<html><head></head>'));
    expect(error).toMatchObject({
      type: 'SelectorMissing',
      message: `Selector "article h1" matched 0 elements on "${site.origin}/" (200, ${sizeBytes} bytes). Field "title" is missing.`,
    });
    expect(messages.map(({ kind }) => kind)).toStrictEqual(['failed', 'checkpoint', 'checkpoint']);
    expect(messages.at(-1)).toStrictEqual({ kind: 'checkpoint', cursor: null });
  });

  test('a field that one page lacks fails that page alone', async () => {
    const { messages, error } = await read(
      { '/': scripted('Good'), '/bad': '<article>no heading</article>' },
      { urls: ['/', '/bad'], extract: EXTRACT, timeoutMs: 2000 },
    );

    expect(error).toBeUndefined();
    expect(kinds(messages)).toStrictEqual(['document', 'failed SelectorMissing', 'listing']);
  });

  test('optional fields, dates and lists become attributes of the document', async () => {
    const { messages } = await read(
      {
        '/': `<h1>T</h1><article>x</article><time datetime="2026-03-12">12.3.</time><b class="tag">a</b><b class="tag">b</b><i>7</i>`,
      },
      {
        extract: {
          ...EXTRACT,
          modified: { type: 'date', locators: 'time' },
          tags: { cardinality: 'many', locators: '.tag' },
          rank: { type: 'integer', locators: 'i' },
          gone: { required: false, locators: '.gone' },
        },
      },
    );

    expect(messages[0]).toMatchObject({
      document: {
        modifiedAt: '2026-03-12T00:00:00.000Z',
        tags: ['a', 'b'],
        attributes: { rank: 7 },
      },
    });
  });

  test('login pages, "not found" pages, missing and unwanted pages are no documents', async () => {
    const { messages } = await read(
      {
        '/ok': scripted('Good'),
        '/login-form': '<h1>Sign in</h1><form><input type="password"></form><article>x</article>',
        '/moved': redirectTo('/account/login'),
        '/account/login': '<h1>Welcome</h1><article>please</article>',
        '/soft': '<title>Page not found</title><h1>Oops</h1><article>nothing</article>',
        '/hidden': '<meta name="robots" content="noindex"><h1>H</h1><article>x</article>',
        '/teapot': { status: 418, body: 'no' },
        '/late': { status: 500, body: 'no' },
      },
      {
        urls: ['/ok', '/login-form', '/moved', '/soft', '/gone', '/hidden', '/teapot', '/late'],
        extract: EXTRACT,
      },
    );

    expect(kinds(messages)).toStrictEqual([
      'document',
      'failed Blocked',
      'failed Blocked',
      'failed InvalidDocument',
      'gone',
      'failed InvalidDocument',
      'failed SourceUnavailable',
      'listing',
    ]);
  });

  test('what robots.txt forbids is not visited', async () => {
    const { messages } = await read(
      {
        '/robots.txt': {
          headers: { 'content-type': 'text/plain' },
          body: 'User-agent: *\nDisallow: /private',
        },
        '/': scripted('Home', ['/private/a', '/open']),
        '/open': scripted('Open'),
      },
      { urls: ['/', '/private/b'], follow: {}, extract: EXTRACT },
    );

    expect(kinds(messages)).toStrictEqual([
      'document',
      'failed Blocked',
      'document',
      `listing: "${site.origin}/private/b" could not be read (Blocked).`,
    ]);
    expect(site.requests.filter((request) => request.includes('/private'))).toStrictEqual([]);
  });

  test('a bound of pages leaves the listing incomplete', async () => {
    const { messages } = await read(
      { '/': scripted('Home', ['/a', '/b']), '/a': scripted('A'), '/b': scripted('B') },
      { follow: { maxPages: 2 }, extract: EXTRACT },
    );

    expect(kinds(messages)).toStrictEqual([
      'document',
      'document',
      expect.stringContaining('"follow.maxPages"'),
    ]);
  });

  test('a list gives one document a record, over all of its pages, each once', async () => {
    const row = (id: number) => `<li data-id="${id}"><b>Item ${id}</b></li>`;
    const list = (rows: string, next = '') => `<h1>List</h1><ul>${rows}</ul>${next}`;
    const { messages } = await read(
      {
        '/': list(row(1) + row(2), '<a rel="next" href="/?page=2">more</a>'),
        '/?page=2': list(row(2) + row(3), '<a rel="next" href="/">round</a>'),
      },
      {
        extract: {
          records: 'li',
          id: { locators: { css: ':scope', attr: 'data-id' } },
          title: 'b',
          next: { locators: 'a[rel=next]' },
        },
      },
    );

    expect(documents(messages)).toStrictEqual(
      [1, 2, 3].map((id) => ({ id: `${site.origin}/#${id}`, title: `Item ${id}` })),
    );
    expect(messages.at(-1)).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('a rate limit ends the read with the wait that the site asked for', async () => {
    const { error } = await read({
      '/': { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' },
    });

    expect(error).toMatchObject({ type: 'RateLimited', nextRetryDelay: 7000 });
  });

  test('a site that does not answer fails the read, and the next run begins from the start', async () => {
    const { messages, error } = await read({}, { urls: ['http://127.0.0.1:1/'] });

    expect(error).toMatchObject({ type: 'SourceUnavailable' });
    expect(messages.at(-1)).toMatchObject({ kind: 'checkpoint' });
  });

  test('an internal address is refused, and a link to one is not followed', async () => {
    const { error } = await read({}, { urls: ['http://169.254.169.254/latest'] });
    await site.close();
    const linked = await read(
      { '/': scripted('Home', ['http://10.0.0.1/secret']) },
      { follow: { sameHost: false, include: ['http://**'] }, extract: EXTRACT },
    );

    expect(error).toMatchObject({ type: 'PolicyDenied' });
    expect(kinds(linked.messages)).toStrictEqual(['document', 'listing']);
  });

  test.each([
    [{ urls: ['docs.example.com'] }, '"urls" holds "docs.example.com"'],
    [{ extract: { records: 'li', title: 'b' } }, '"extract.records" needs a field "id"'],
    [{ extract: { title: 'b', next: { locators: 'a' } } }, '"extract.next" needs'],
    [{ extract: { title: 'b', decode: { format: 'html' } } }, '"extract.decode" is for'],
  ])('%j is refused before any page is rendered', (wrong, sentence) => {
    const open = () => browser.open({ urls: ['https://docs.example.com/'], ...wrong });

    expect(open).toThrow(sentence);
  });
});

describe.skipIf(chromiumPath === undefined)('a browser source keeps', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({
      '/': scripted('Home', ['/a', '/b']),
      '/a': scripted('A'),
      '/b': scripted('B'),
    });
  });
  afterAll(async () => {
    await site.close();
    await expectNoBrowsers();
  });

  describeSource('browser', async () => ({
    type: browser,
    config: {
      urls: [`${site.origin}/`],
      follow: { include: ['/*'] },
      extract: EXTRACT,
    },
    expectedIds: ['/', '/a', '/b'].map((path) => `${site.origin}${path}`),
    env: browserEnv,
    badConfigs: [
      {
        why: 'a selector that matches nothing',
        fault: 'nothing',
        config: {
          urls: [`${site.origin}/`],
          extract: { title: '.gone' },
          timeoutMs: 2000,
        },
        outcome: 'FAIL',
        naming: /\.gone/u,
      },
      {
        why: 'a page that is not there',
        config: { urls: [`${site.origin}/nowhere`] },
        outcome: 'FAIL',
        naming: /nowhere/u,
      },
      {
        why: 'an internal address',
        config: { urls: ['http://192.168.0.1/'] },
        outcome: 'FAIL',
        naming: /192\.168\.0\.1/u,
      },
      {
        why: 'a host that does not answer',
        fault: 'unreachable',
        config: { urls: ['http://127.0.0.1:1/'] },
        outcome: 'INDETERMINATE',
        naming: /127\.0\.0\.1:1/u,
      },
    ],
  }));
});

function browserEnv(): TestSourceEnv {
  const chromium = (): Promise<string> => Promise.resolve(chromiumPath ?? '');
  return sourceEnv({ settings: { chromium, allowedHosts: ALLOWED_HOSTS } });
}

function documents(messages: readonly ReadMessage<unknown>[]) {
  return messages.flatMap((message) =>
    message.kind === 'document' ? [{ id: message.document.id, title: message.document.title }] : [],
  );
}

function kinds(messages: readonly ReadMessage<unknown>[]): readonly string[] {
  return messages.flatMap((message) => {
    if (message.kind === 'checkpoint') return [];
    if (message.kind === 'failed') return [`failed ${message.failure}`];
    return [message.kind === 'listing' && message.why ? `listing: ${message.why}` : message.kind];
  });
}
