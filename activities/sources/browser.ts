import { expandExtraction } from '../../adapters/extraction/spec.ts';
import type { Discovery } from '../../workflows/collection/inspection.ts';
import { BrowserConfig, validateBrowser } from './browser/config.ts';
import { defineSource } from './define-source.ts';
import { CrawlCursor } from './web/crawl-cursor.ts';

/** Web pages that need a browser: what scripts build is rendered in Chromium, then read by selectors or as an article. */
export const browser = defineSource(
  { config: BrowserConfig, cursor: CrawlCursor },
  {
    spec: {
      name: 'browser',
      version: '1.2.0',
      summary: 'Renders web pages in Chromium and reads what their scripts built.',
      queue: 'browser',
      trust: 'untrusted',
    },
    validate: validateBrowser,
    // The browser and the extraction load when they are needed: the CLI imports this table for its schemas alone.
    async check(config, env) {
      const { checkBrowser } = await import('./browser/check.ts');
      return checkBrowser(config, env);
    },
    discover: (config) => Promise.resolve(discovery(config)),
    async ruleOn(config, about) {
      const { ruleOnPage } = await import('./web/rule-on-page.ts');
      return ruleOnPage(config, about);
    },
    async *read(config, from, env) {
      const { readBrowser } = await import('./browser/read.ts');
      yield* readBrowser(config, from, env);
    },
  },
);

function discovery({ urls, extract }: BrowserConfig): Discovery {
  const spec = extract === undefined ? undefined : expandExtraction('', extract);
  const fields = Object.entries(spec?.fields ?? {}).map(([name, field]) => ({
    name,
    type: field.type,
    nullable: !field.required,
  }));
  return {
    streams: urls.map((name) => ({
      name,
      primaryKey: [spec?.records === undefined ? 'url' : 'id'],
      ...(fields.length === 0 ? {} : { fields }),
    })),
  };
}
