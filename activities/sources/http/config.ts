import { z } from 'zod';
import { failure } from '../../../workflows/failures.ts';
import { secret } from '../define-source.ts';
import { badAddress, SiteConfig, siteFindings } from '../web/site-config.ts';

/** The config of an `http` source. */
export const HttpConfig = SiteConfig.extend({
  sitemap: z
    .string()
    .default('skip')
    .describe(
      '"include" adds the pages of the sitemaps, "only" takes nothing else, "skip" ignores them; or an address.',
    ),
  headers: z
    .exactOptional(z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), secret(z.string())))
    .describe('Sent to the hosts of the seeds alone.'),
});

export type HttpConfig = z.infer<typeof HttpConfig>;

/** What the schema cannot say. @throws InvalidConfig - lists every finding. */
export function validateHttp(config: HttpConfig): void {
  const findings = [
    ...siteFindings(config),
    ...(SITEMAP_MODES.has(config.sitemap) ? [] : badAddress('sitemap', config.sitemap)),
  ];
  if (findings.length > 0) throw failure('InvalidConfig', findings.join(' '));
}

/** Is this one of the modes, not the address of a sitemap? */
export const SITEMAP_MODES: ReadonlySet<string> = new Set(['include', 'only', 'skip']);
