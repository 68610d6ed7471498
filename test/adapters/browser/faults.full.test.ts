import { existsSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import {
  leaseBrowser,
  type BrowserLease,
  type BrowserOptions,
} from '../../../adapters/browser/browser.ts';
import type { RenderedPage, RenderRequest } from '../../../adapters/browser/render.ts';
import { chromiumPath, remainingBrowsers, runningBrowsers } from '../../fakes/chromium.ts';
import { startSite, type Page, type Site } from '../../fakes/site.ts';

const GREEDY = `<body>x<script>
  const held = [];
  setInterval(() => held.push(new Uint8Array(40_000_000).fill(1)), 20);
</script></body>`;

describe.skipIf(chromiumPath === undefined)('a browser under faults', () => {
  let site: Site;
  let lease: BrowserLease;

  afterEach(async () => {
    await lease.release();
    await site.close();
    const left = await remainingBrowsers();
    if (left.length > 0) throw new Error(`${left.length} processes of Chromium are still there.`);
  });

  async function open(
    pages: Readonly<Record<string, Page>>,
    options: Partial<BrowserOptions> = {},
  ): Promise<void> {
    site = await startSite(pages);
    lease = leaseBrowser({
      executablePath: chromiumPath ?? '',
      allowedHosts: ['127.0.0.1'],
      ...options,
    });
  }

  function render(path: string, request: Partial<RenderRequest> = {}): Promise<RenderedPage> {
    return lease.render({
      url: `${site.origin}${path}`,
      userAgent: 'wellspring-tests/1.0',
      signal: new AbortController().signal,
      timeoutMs: 15_000,
      maxBytes: 1_000_000,
      ...request,
    });
  }

  test('F17: killed by pid under three pages, it costs none of them', async () => {
    await open({
      '/first': '<h1>First</h1>',
      '*': (_request, response) => void setTimeout(() => response.end('<h1>Slow</h1>'), 2000),
    });
    await render('/first');
    const [killed] = browsers();
    const pages = Promise.all(['/a', '/b', '/c'].map((path) => render(path)));
    setTimeout(() => process.kill(killed ?? 0, 'SIGKILL'), 1000);

    const found = await pages;

    expect(found.map(({ html }) => html.includes('Slow'))).toStrictEqual([true, true, true]);
    expect(browsers()).toHaveLength(1);
    expect(browsers()).not.toContain(killed);
  });

  test('F17: a page whose process is killed fails alone', async () => {
    await open({
      '/first': '<h1>First</h1>',
      '/slow': '<h1>Slow</h1><script>setInterval(() => fetch("/x"), 50)</script>',
    });
    await render('/first');
    const before = browsers();
    const page = render('/slow', { waitFor: { selector: '#never', until: 'deadline' } });
    setTimeout(() => renderers().forEach((pid) => process.kill(pid, 'SIGKILL')), 1500);

    await expect(page).rejects.toMatchObject({
      type: 'InvalidDocument',
      message: expect.stringContaining('crashed the browser. Exclude it'),
    });
    expect((await render('/first')).html).toContain('First');
    expect(browsers()).toStrictEqual(before);
  });

  test.skipIf(!existsSync('/proc/self/status'))(
    'B16: a page that takes too much memory is ended, and the next one renders',
    async () => {
      await open(
        { '/greedy': GREEDY, '/good': '<h1>Good</h1>' },
        { memory: { pageMb: 400, browserMb: 10_000 } },
      );

      await expect(
        render('/greedy', { waitFor: { selector: '#never', until: 'deadline' } }),
      ).rejects.toMatchObject({ type: 'InvalidDocument' });
      expect((await render('/good')).html).toContain('Good');
    },
  );

  test.skipIf(!existsSync('/proc/self/status'))(
    'B16: a browser that has grown too large is replaced before its next page',
    async () => {
      await open({ '/': '<h1>One</h1>' }, { memory: { pageMb: 1024, browserMb: 1 } });
      await render('/');
      const first = browsers();
      // It is looked at every second.
      await new Promise((resolve) => setTimeout(resolve, 2500));

      await render('/');

      expect(browsers()).toHaveLength(1);
      expect(browsers()).not.toStrictEqual(first);
    },
  );

  test('B16: after so many pages the browser is replaced, also under pages that render at once', async () => {
    await open({ '*': '<h1>Page</h1>' }, { pagesPerBrowser: 3 });
    const seen = new Set<number>();

    const pages: RenderedPage[] = [];
    for (let round = 0; round < 4; round += 1) {
      pages.push(...(await Promise.all(['/a', '/b'].map((path) => render(path)))));
      for (const pid of browsers()) seen.add(pid);
    }

    expect(pages.map(({ html }) => html.includes('Page'))).toStrictEqual(
      Array.from({ length: 8 }, () => true),
    );
    expect(seen.size).toBeGreaterThanOrEqual(3);
    expect(browsers()).toHaveLength(1);
  });

  test('B16: a cancellation in the middle of everything leaves no process', async () => {
    await open({ '*': '<body>x<script>setTimeout(() => { for (;;) {} }, 100)</script>' });
    const stop = new AbortController();
    const all = Promise.allSettled(
      ['/a', '/b'].map((path) => render(path, { signal: stop.signal })),
    );
    setTimeout(() => stop.abort(new Error('cancelled')), 2000);

    expect((await all).map(({ status }) => status)).toStrictEqual(['rejected', 'rejected']);
    await lease.release();
    expect(await remainingBrowsers()).toStrictEqual([]);
  });
});

/** Pids of the main process of each Chromium. */
function browsers(): readonly number[] {
  return pidsOf((line) => line.includes('--remote-debugging-pipe') && !line.includes('--type='));
}

function renderers(): readonly number[] {
  return pidsOf((line) => line.includes('--type=renderer'));
}

function pidsOf(which: (line: string) => boolean): readonly number[] {
  return runningBrowsers()
    .filter(which)
    .map((line) => Number.parseInt(line, 10));
}
