import type { Discovery } from '../../workflows/collection/inspection.ts';
import type { SourceEnv } from './contract.ts';
import { defineSource } from './define-source.ts';
import { checkHttp } from './http/check.ts';
import { HttpConfig, validateHttp } from './http/config.ts';
import { crawl } from './http/crawl.ts';
import { CrawlCursor } from './http/frontier.ts';
import { openSession } from './http/session.ts';
import { readSitemaps } from './http/sitemaps.ts';
import { pageId } from './http/urls.ts';

/** Web pages and files over HTTP: seeds, links and sitemaps, with the manners of a good guest. */
export const http = defineSource(
  { config: HttpConfig, cursor: CrawlCursor },
  {
    spec: {
      name: 'http',
      version: '1.0.0',
      summary: 'Pages, PDF and Office files of web sites, by links and sitemaps.',
      queue: 'collect',
      trust: 'untrusted',
    },
    validate: validateHttp,
    check: checkHttp,
    discover: discoverHttp,
    read: crawl,
  },
);

/** A stream for each seed, and one for each sitemap with its pages. */
async function discoverHttp(config: HttpConfig, env: SourceEnv): Promise<Discovery> {
  const seeds = config.urls.map((url) => ({
    name: pageId(url, config) ?? url,
    primaryKey: ['url'],
  }));
  if (config.sitemap === 'skip') return { streams: seeds };
  const session = openSession(config, env);
  try {
    const { files } = await readSitemaps(session);
    const sitemaps = files.map(({ url, count }) => ({ name: url, primaryKey: ['url'], count }));
    const ordered = sitemaps.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { streams: config.sitemap === 'only' ? ordered : [...seeds, ...ordered] };
  } finally {
    await session.close();
  }
}
