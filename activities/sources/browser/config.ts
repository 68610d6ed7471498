import { z } from 'zod';
import { isSelector } from '../../../adapters/extraction/dom.ts';
import { failure } from '../../../workflows/failures.ts';
import { HttpConfig, validateHttp } from '../http/config.ts';

/** The config of a `browser` source: what is said of a site means the same as in a source of type `http`. */
export const BrowserConfig = HttpConfig.pick({
  urls: true,
  follow: true,
  extract: true,
  robots: true,
  delayMs: true,
  trailingSlash: true,
  dropParameters: true,
}).extend({
  waitFor: z.exactOptional(
    z
      .string()
      .refine(isSelector, 'is no CSS selector. Test it in a browser.')
      .describe(
        'Wait until this element has text. Default: the first required field of "extract", or a quiet network.',
      ),
  ),
  timeoutMs: z
    .int()
    .min(1000)
    .max(300_000)
    .default(30_000)
    .describe('Longest time of one page in milliseconds. Default: 30000.'),
});

export type BrowserConfig = z.infer<typeof BrowserConfig>;

/** The same site as the rules of `http` sources see it. */
export function asHttpConfig(config: BrowserConfig): HttpConfig {
  return { ...config, sitemap: 'skip' };
}

/** What the schema cannot say. @throws InvalidConfig - lists the findings. */
export function validateBrowser(config: BrowserConfig): void {
  validateHttp(asHttpConfig(config));
  const findings = extractFindings(config);
  if (findings.length > 0) throw failure('InvalidConfig', findings.join(' '));
}

function extractFindings({ extract, follow }: BrowserConfig): readonly string[] {
  if (extract === undefined) return [];
  const { records, next, decode } = extract;
  const findings: string[] = [];
  if (records !== undefined && extract['id'] === undefined) {
    findings.push(
      '"extract.records" needs a field "id" that stays the same for the same record. Add "extract.id".',
    );
  }
  if (records !== undefined && follow !== undefined) {
    findings.push(
      '"extract.records" and "follow" exclude each other. Name the following pages of a list by "extract.next".',
    );
  }
  if (next !== undefined && records === undefined) {
    findings.push('"extract.next" needs "extract.records". Use "follow" for single pages.');
  }
  if (decode !== undefined) {
    findings.push(
      '"extract.decode" is for sources of type "http": a browser decodes by itself. Remove it.',
    );
  }
  return findings;
}
