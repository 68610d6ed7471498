import { defineSource } from './define-source.ts';
import { HttpConfig, validateHttp } from './http/config.ts';
import { CrawlCursor } from './web/crawl-cursor.ts';

/** Web pages and files over HTTP: seeds, links and sitemaps, with the manners of a good guest. */
export const http = defineSource(
  { config: HttpConfig, cursor: CrawlCursor },
  {
    spec: {
      name: 'http',
      version: '1.2.0',
      summary: 'Pages, PDF and Office files of web sites, by links and sitemaps.',
      queue: 'collect',
      trust: 'untrusted',
    },
    validate: validateHttp,
    // The HTTP client and the extraction load when they are needed: the CLI imports this table for its schemas alone.
    async check(config, env) {
      const { checkHttp } = await import('./http/check.ts');
      return checkHttp(config, env);
    },
    async discover(config, env) {
      const { discoverHttp } = await import('./http/discover.ts');
      return discoverHttp(config, env);
    },
    async ruleOn(config, about) {
      const { ruleOnPage } = await import('./web/rule-on-page.ts');
      return ruleOnPage(config, about);
    },
    async *read(config, from, env) {
      const { readHttp } = await import('./http/read.ts');
      yield* readHttp(config, from, env);
    },
    async *readAgain(config, ids, env) {
      const { readPagesAgain } = await import('./http/read.ts');
      yield* readPagesAgain(config, ids, env);
    },
  },
);
