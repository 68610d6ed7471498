import { afterEach, expect, test } from 'vitest';
import { browser } from '../../../../activities/sources/browser.ts';
import { http } from '../../../../activities/sources/http.ts';
import { chromiumPath } from '../../../fakes/chromium.ts';
import { articlePage, startSite, type Site } from '../../../fakes/site.ts';
import { readAll } from './reading.ts';

let site: Site;
afterEach(() => site.close());

const settings = { chromium: () => Promise.resolve(chromiumPath ?? '') };
const DELAY_MS = 400;

test.skipIf(chromiumPath === undefined)(
  'B8: http and browser sources that run together share the turns and the rules of a host',
  async () => {
    const askedAt: number[] = [];
    site = await startSite({
      '/robots.txt': { status: 404 },
      '*': (_request, response) => {
        askedAt.push(performance.now());
        response.writeHead(200, { 'content-type': 'text/html' }).end(articlePage('Page'));
      },
    });
    const urls = ['/a', '/b', '/c'].map((path) => `${site.origin}${path}`);

    const readings = await Promise.all([
      readAll(http, { urls, delayMs: DELAY_MS }),
      readAll(browser, { urls, delayMs: DELAY_MS }, { settings }),
    ]);

    const gaps = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0));
    expect(
      readings.flatMap(({ messages }) => messages.filter((one) => one.kind === 'document')),
    ).toHaveLength(6);
    expect(site.requests.filter((one) => one.endsWith('/robots.txt'))).toHaveLength(1);
    // The turn is when a request sets out; a browser takes a while until it arrives, so the whole is what counts.
    expect(gaps).toHaveLength(5);
    expect((askedAt.at(-1) ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThan(4 * DELAY_MS);
  },
);
