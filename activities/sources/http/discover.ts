import type { Discovery } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';
import type { HttpConfig } from './config.ts';
import { openSession } from './session.ts';
import { readSitemaps } from './sitemaps.ts';
import { pageId } from '../web/page-id.ts';

/** A stream for each seed, and one for each sitemap with the number of its pages. */
export async function discoverHttp(config: HttpConfig, env: SourceEnv): Promise<Discovery> {
  const seeds = config.urls.map((url) => ({
    name: pageId(url, config) ?? url,
    primaryKey: ['url'],
  }));
  if (config.sitemap === 'skip') return { streams: seeds };
  const session = openSession(config, env);
  try {
    const { files } = await readSitemaps(session);
    const sitemaps = files
      .map(({ url, count }) => ({ name: url, primaryKey: ['url'], count }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { streams: config.sitemap === 'only' ? sitemaps : [...seeds, ...sitemaps] };
  } finally {
    await session.close();
  }
}
