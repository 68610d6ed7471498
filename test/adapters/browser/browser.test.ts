import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaseBrowser, type BrowserLease } from '../../../adapters/browser/browser.ts';
import type { RenderRequest } from '../../../adapters/browser/render.ts';
import {
  chromiumPath,
  expectNoBrowsers,
  runningBrowsers,
  withOneBrowser,
} from '../../fakes/chromium.ts';
import { redirectTo, startSite, type Page, type Site } from '../../fakes/site.ts';

const LATE = `<body><div id="root"></div><script>
  setTimeout(() => { document.getElementById('root').innerHTML = '<h1>Late</h1>'; }, 300);
</script></body>`;

const OPTIONS = { executablePath: chromiumPath ?? '', allowedHosts: ['127.0.0.1'] };

let site: Site;
let lease: BrowserLease;
beforeEach(() => {
  lease = leaseBrowser(OPTIONS);
});
afterEach(async () => {
  await lease.release();
  await site.close();
});

async function render(pages: Record<string, Page>, request: Partial<RenderRequest> = {}) {
  site = await startSite(pages);
  return lease.render({ ...defaults(), url: `${site.origin}/`, ...request });
}

describe.skipIf(chromiumPath === undefined)('a leased browser', () => {
  withOneBrowser(OPTIONS);

  test('gives the document as scripts left it, waiting for the named element', async () => {
    const page = await render({ '/': LATE }, { waitFor: { selector: 'h1', until: 'deadline' } });

    expect(page).toMatchObject({ status: 200, url: `${site.origin}/` });
    expect(page.html).toContain('<h1>Late</h1>');
  });

  test('a named element that is only a guess does not hold up a page that is done', async () => {
    const startedAt = performance.now();
    const page = await render(
      { '/': '<p>static</p>' },
      { waitFor: { selector: 'h1', until: 'quiet' }, timeoutMs: 60_000 },
    );

    expect(page.html).toContain('static');
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test('without a named element it waits until the network is quiet', async () => {
    const page = await render({
      '/': `<body><script>fetch('/data').then((r) => r.text()).then((t) => { document.body.innerHTML = t; });</script></body>`,
      '/data': (_request, response) => setTimeout(() => response.end('<p>fetched</p>'), 300),
    });

    expect(page.html).toContain('<p>fetched</p>');
  });

  test('dialogs, popups and beforeunload questions do not stop it', async () => {
    const page = await render({
      '/': `<body><script>
        window.onbeforeunload = () => 'stay?';
        alert('hello'); const yes = confirm('sure?'); prompt('name?'); window.open('/popup');
        document.body.innerHTML = '<h1>' + yes + '</h1>';
      </script></body>`,
      '/popup': '<h1>popup</h1>',
    });

    expect(page.html).toContain('<h1>false</h1>');
  });

  test('a download is refused and names the other source type', async () => {
    const download = render({
      '/': {
        headers: {
          'content-type': 'application/octet-stream',
          'content-disposition': 'attachment; filename=a.bin',
        },
        body: 'x',
      },
    });

    await expect(download).rejects.toMatchObject({
      type: 'InvalidDocument',
      message: expect.stringContaining('type "http"'),
    });
  });

  test('images, fonts and media are not asked for', async () => {
    await render({
      '/': '<body><h1>x</h1><img src="/a.png"><video src="/b.mp4"></video><script src="/c.js"></script></body>',
    });

    expect(site.requests.toSorted()).toStrictEqual(['GET /', 'GET /c.js']);
  });

  test.each([
    ['a file', 'file:///etc/passwd'],
    ['a page of the browser itself', 'chrome://version'],
    ['data', 'data:text/html,<h1>x</h1>'],
    ['a metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['loopback in hexadecimal', 'http://0x7f.2/'],
    ['loopback in IPv6', 'http://[::1]/'],
    ['a port of another service', 'http://example.com:6379/'],
  ])('%s is refused before it is loaded', async (_, url) => {
    await expect(render({}, { url })).rejects.toMatchObject({ type: 'PolicyDenied' });
  });

  test('R12: a redirect, a script, a frame and a web socket do not reach an internal address', async () => {
    const inside = await startSite({ '*': '<h1>internal secret</h1>' });
    try {
      // The same listener under another name, which the operator has not allowed.
      const target = inside.origin.replace('127.0.0.1', 'localhost');
      const socket = target.replace('http:', 'ws:');
      const page = await render({
        '/': `<body><h1 id="r">-</h1><iframe src="${target}/frame"></iframe><script>
          new WebSocket('${socket}/socket');
          navigator.sendBeacon('${target}/beacon', 'x');
          fetch('${target}/fetch', { mode: 'no-cors' })
            .then((r) => 'read ' + r.type, () => 'refused')
            .then((t) => { document.getElementById('r').textContent = t; });
        </script></body>`,
        '/moved': redirectTo(`${target}/moved`),
      });
      const moved = lease.render({ ...defaults(), url: `${site.origin}/moved` });

      await expect(moved).rejects.toMatchObject({
        type: 'PolicyDenied',
        message: expect.stringContaining('localhost'),
      });
      expect(page.html).not.toContain('internal secret');
      expect(inside.requests).toStrictEqual([]);
    } finally {
      await inside.close();
    }
  });

  test('a page above the size limit is refused', async () => {
    const large = render(
      {
        '/': `<body><script>document.body.innerHTML = '<p>' + 'x'.repeat(5000) + '</p>'</script></body>`,
      },
      { maxBytes: 4000 },
    );

    await expect(large).rejects.toMatchObject({ type: 'InvalidDocument' });
  });

  test.each([
    ['without a body', ''],
    ['with a page of its own', '<h1>nothing</h1>'],
  ])('a 404 %s is an answer', async (_, body) => {
    const page = await render({ '/': { status: 404, body } });

    expect(page.status).toBe(404);
    expect(page.html).toContain(body);
  });

  test('a host that does not answer is unavailable', async () => {
    const gone = await startSite();
    await gone.close();
    const page = await render({}, { url: `${gone.origin}/` }).catch((error: unknown) => error);

    // Through a proxy, a connection that fails is its 502.
    expect(page).toMatchObject({ status: 502 });
  });

  test('cookies of one site are kept between its pages', async () => {
    await render({
      '/': { headers: { 'set-cookie': 'a=1' }, body: '<h1>x</h1>' },
      '/b': '<p>b</p>',
    });
    await lease.render({ ...defaults(), url: `${site.origin}/b` });

    expect(site.headersOf('/b')?.cookie).toBe('a=1');
  });
});

describe.skipIf(chromiumPath === undefined)('a browser of a test alone', () => {
  afterEach(async () => {
    await lease.release();
    await expectNoBrowsers();
  });

  test('a page that loops for ever ends at its deadline, and the next page renders', async () => {
    const looping = render(
      { '/': '<body>x<script>for (;;) {}</script></body>', '/good': '<h1>Good</h1>' },
      { timeoutMs: 2000 },
    );

    await expect(looping).rejects.toMatchObject({
      type: 'SourceUnavailable',
      message: expect.stringContaining('within 2000 ms'),
    });
    const good = await lease.render({ ...defaults(), url: `${site.origin}/good` });
    expect(good.html).toContain('<h1>Good</h1>');
  });

  test('an abort ends the page within seconds and rethrows its reason', async () => {
    const stop = new AbortController();
    const reason = new Error('shutdown');
    const rendering = render(
      { '/': '<body><script>setTimeout(() => { for (;;) {} }, 0)</script></body>' },
      { signal: stop.signal, waitFor: { selector: 'h1', until: 'deadline' } },
    );
    setTimeout(() => stop.abort(reason), 1500);

    await expect(rendering).rejects.toBe(reason);
  });

  test('a crashed browser is launched again once', async () => {
    const first = await render({ '/': '<h1>One</h1>' });
    const browser = mainProcesses()[0];
    process.kill(Number.parseInt(browser ?? '', 10), 'SIGKILL');

    const second = await lease.render({ ...defaults(), url: `${site.origin}/` });

    expect([first.html, second.html].map((html) => html.includes('One'))).toStrictEqual([
      true,
      true,
    ]);
  });

  test('two leases share one browser, and it ends with the second', async () => {
    await render({ '/': '<h1>One</h1>' });
    const before = mainProcesses();
    const other = leaseBrowser({
      executablePath: chromiumPath ?? '',
      allowedHosts: ['127.0.0.1'],
    });
    await other.render({ ...defaults(), url: `${site.origin}/` });
    const during = mainProcesses();

    await other.release();

    expect(before).toHaveLength(1);
    expect(during).toStrictEqual(before);
    expect((await lease.render({ ...defaults(), url: `${site.origin}/` })).status).toBe(200);
  });
});

function defaults(): Omit<RenderRequest, 'url'> {
  return {
    userAgent: 'wellspring-tests/1.0',
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    maxBytes: 1_000_000,
  };
}

/** The one of each Chromium that the others belong to: it alone talks to us. */
function mainProcesses(): readonly string[] {
  return runningBrowsers().filter(
    (line) => line.includes('--remote-debugging-pipe') && !line.includes('--type='),
  );
}
