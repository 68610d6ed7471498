import { z } from 'zod';
import { isSelector } from '../../../adapters/extraction/dom.ts';
import { failure } from '../../../workflows/failures.ts';
import { SiteConfig, siteFindings } from '../web/site-config.ts';

/** The config of a `browser` source: what is said of a site means the same as in a source of type `http`. */
export const BrowserConfig = SiteConfig.extend({
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

/** What the schema cannot say. @throws InvalidConfig - lists the findings. */
export function validateBrowser(config: BrowserConfig): void {
  const findings = [...siteFindings(config), ...badDecode(config)];
  if (findings.length > 0) throw failure('InvalidConfig', findings.join(' '));
}

function badDecode({ extract }: BrowserConfig): readonly string[] {
  if (extract?.decode === undefined) return [];
  return [
    '"extract.decode" is for sources of type "http": a browser decodes by itself. Remove it.',
  ];
}
