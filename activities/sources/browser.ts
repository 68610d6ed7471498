import { z } from 'zod';
import { isSelector } from '../../adapters/extraction/dom.ts';
import { ExtractionConfig, expandExtraction } from '../../adapters/extraction/spec.ts';
import type { Discovery } from '../../workflows/collection/inspection.ts';
import { checkBrowser } from './browser/check.ts';
import type { BrowserConfig } from './browser/config.ts';
import { readBrowser } from './browser/read.ts';
import { validateBrowser } from './browser/validate.ts';
import { defineSource } from './define-source.ts';

const Globs = z.array(z.string().min(1).max(500)).max(100).default([]);

const Follow = z.strictObject({
  include: Globs.describe('Globs over path and query of links, such as "/api/**". Default: all.'),
  exclude: Globs.describe('Globs of links to leave out; wins over include.'),
  maxDepth: z.int().min(1).max(100).default(10).describe('Links away from "urls". Default: 10.'),
  maxPages: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Pages a run renders at most; what is left out is never deleted. Default: 1000.'),
  sameHost: z.boolean().default(true).describe('Stay on the hosts of "urls". Default: true.'),
});

const Config = z.strictObject({
  urls: z.array(z.string().min(1).max(2048)).min(1).max(1000).describe('Addresses to render.'),
  follow: z.exactOptional(Follow.describe('Which links to follow. Default: none.')),
  extract: z.exactOptional(
    ExtractionConfig.describe(
      'CSS selectors by field, such as { title: "h1", content: "article" }. Default: the readable part of the page.',
    ),
  ),
  waitFor: z.exactOptional(
    z
      .string()
      .refine(isSelector, 'is no CSS selector. Test it in a browser.')
      .describe(
        'Wait until this element has text. Default: the first required field of "extract".',
      ),
  ),
  timeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(30_000)
    .describe('Longest time of one page in milliseconds. Default: 30000.'),
  requestsPerSecond: z
    .number()
    .min(0.01)
    .max(5)
    .default(1)
    .describe('Pages a second and host at most; robots.txt may ask for less. Default: 1.'),
});

const Cursor = z.strictObject({ run: z.string(), done: z.int().min(0) });

/** Web pages that need a browser: what scripts build is rendered in Chromium, then read by selectors or as an article. */
export const browser = defineSource(
  { config: Config, cursor: Cursor },
  {
    spec: {
      name: 'browser',
      version: '1.0.0',
      summary: 'Renders web pages in Chromium and reads what their scripts built.',
      queue: 'browser',
      trust: 'untrusted',
    },
    validate: validateBrowser,
    check: checkBrowser,
    discover: (config) => Promise.resolve(discovery(config)),
    read: readBrowser,
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
