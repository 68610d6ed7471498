import { afterEach, describe, expect, test } from 'vitest';
import { browser } from '../../../activities/sources/browser.ts';
import { chromiumPath, remainingBrowsers, runningBrowsers } from '../../fakes/chromium.ts';
import { articlePage, startSite, type Page, type Site } from '../../fakes/site.ts';
import { readAll, said } from './web/reading.ts';

const settings = { chromium: () => Promise.resolve(chromiumPath ?? '') };

describe.skipIf(chromiumPath === undefined)('a browser source on a bad day', () => {
  let site: Site | undefined;
  afterEach(async () => {
    await site?.close();
    const left = await remainingBrowsers();
    if (left.length > 0) throw new Error(`${left.length} processes of Chromium are still there.`);
  });

  const withScript = (title: string, script: string): string =>
    articlePage(title).replace('</body>', `<script>${script}</script></body>`);

  test('F17, F18: pages with traps fail alone or not at all', async () => {
    const pages: Readonly<Record<string, Page>> = {
      '/loop': withScript('Loop', 'while (true) {}'),
      '/alert': withScript('Alert', 'alert("hello"); confirm("?"); prompt("?");'),
      '/download': {
        headers: { 'content-type': 'application/zip', 'content-disposition': 'attachment' },
        body: 'PK',
      },
      '/download-by-script': withScript(
        'Saves',
        'const a = document.createElement("a"); a.href = "/download"; a.download = "x"; a.click();',
      ),
      '/socket': withScript(
        'Socket',
        'new WebSocket("ws://127.0.0.1:1/"); new WebSocket("ws://10.0.0.1/");',
      ),
      '/good': articlePage('Good'),
    };
    site = await startSite(pages);
    const urls = Object.keys(pages).map((path) => `${site?.origin}${path}`);

    const reading = await readAll(browser, { urls, timeoutMs: 4000 }, { settings });

    expect(reading.error).toBeUndefined();
    expect(said(site, reading)).toStrictEqual([
      'document /alert',
      'document /download-by-script',
      'document /good',
      'document /socket',
      'failed /download',
      'failed /loop',
    ]);
  }, 90_000);

  test('F17: Chromium killed by its pid in the middle of a run costs at most one page', async () => {
    const paths = ['/a', '/b', '/c', '/d', '/e', '/f'];
    const asked = new Set<string>();
    site = await startSite({
      '*': (request, response) => {
        asked.add(request.url ?? '');
        if (asked.size === 4) killChromium();
        setTimeout(() => response.end(articlePage(`Page ${request.url}`)), 300);
      },
    });
    const urls = paths.map((path) => `${site?.origin}${path}`);

    const reading = await readAll(browser, { urls, timeoutMs: 10_000 }, { settings });

    const documents = said(site, reading).filter((line) => line.startsWith('document'));
    expect([kills, reading.error]).toStrictEqual([1, undefined]);
    expect(documents.length).toBeGreaterThanOrEqual(paths.length - 1);
  }, 90_000);
});

let kills = 0;

function killChromium(): void {
  if (kills > 0) return;
  kills += 1;
  const main = runningBrowsers().find(
    (line) => line.includes('--remote-debugging-pipe') && !line.includes('--type='),
  );
  if (main === undefined) throw new Error('There is no Chromium to kill.');
  process.kill(Number.parseInt(main, 10), 'SIGKILL');
}
