import { z } from 'zod';
import { ExtractionConfig } from '../../../adapters/extraction/spec.ts';

const Globs = z.array(z.string().min(1).max(500)).max(100);

const Follow = z.strictObject({
  include: z
    .exactOptional(Globs)
    .describe(
      'Globs of paths ("/docs/**") or whole addresses that may be collected. Default: all.',
    ),
  exclude: z
    .exactOptional(Globs)
    .describe('Globs of paths or addresses that are left out, whatever "include" says.'),
  maxDepth: z.int().min(0).max(20).default(3).describe('Links away from a seed.'),
  maxPages: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(500)
    .describe('Pages of one run, seeds included.'),
  sameHost: z.boolean().default(true).describe('Stay on the hosts of the seeds.'),
});

/** What is said of a site, however its pages are fetched. */
export const SiteConfig = z.strictObject({
  urls: z
    .array(z.string().min(1).max(2000))
    .min(1)
    .max(1000)
    .describe('Seeds: fetched unless "sitemap" is "only", and where following begins.'),
  follow: z
    .exactOptional(Follow)
    .describe('Follow links. Left out: the seeds and the sitemap alone.'),
  extract: z
    .exactOptional(ExtractionConfig)
    .describe('Fields by selector. Left out: the readable part of the page.'),
  robots: z.literal('respect').default('respect').describe('robots.txt is always obeyed.'),
  delayMs: z
    .exactOptional(z.int().min(50).max(600_000))
    .describe(
      'Least time between two requests to a host. Default: 1000, or 50 for hosts that the operator allows. At least 200 for public hosts.',
    ),
  rereadAfterDays: z
    .exactOptional(z.number().min(0).max(365))
    .describe(
      'A page is read again after so many days, whatever its validators say; 0 reads every page in every run. Default: 7.',
    ),
  trailingSlash: z
    .enum(['keep', 'remove'])
    .default('keep')
    .describe('Are "/a/" and "/a" the same page? "remove" says yes.'),
  dropParameters: z
    .array(z.string().min(1).max(100))
    .max(100)
    .default([])
    .describe(
      'Query parameters that do not change the page, besides the known tracking ones. A final * stands for any ending.',
    ),
});

export type SiteConfig = z.infer<typeof SiteConfig>;

type FollowConfig = z.infer<typeof Follow>;

/** What the schema cannot say: one sentence a finding. */
export function siteFindings({ urls, follow, extract }: SiteConfig): readonly string[] {
  return [
    ...urls.flatMap((url) => badAddress('urls', url)),
    ...badFollow(follow),
    ...badExtract(extract),
  ];
}

/** Why the text is no address that may be fetched. */
export function badAddress(field: string, text: string): string[] {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return [
      `"${field}" holds "${text.split('?')[0] ?? ''}", which is no http or https address. Write a whole one such as "https://example.com/docs".`,
    ];
  }
  return url.username === '' && url.password === ''
    ? []
    : [
        `"${field}" holds an address of host "${url.host}" with a user name or password. Put credentials into "headers" instead.`,
      ];
}

function badFollow(follow: FollowConfig | undefined): string[] {
  if (follow === undefined) return [];
  const { maxPages, sameHost, include = [] } = follow;
  return [
    ...(maxPages > MAX_PAGES
      ? [
          `"follow.maxPages" is ${maxPages}; sources of this type collect up to ${MAX_PAGES} pages. Split the site into several sources by "follow.include".`,
        ]
      : []),
    ...(!sameHost && include.length === 0
      ? [
          '"follow.sameHost" is false without "follow.include", which would follow links through the whole web. Name whole addresses such as "https://*.example.com/**" in "follow.include".',
        ]
      : []),
  ];
}

function badExtract(extract: SiteConfig['extract']): readonly string[] {
  if (extract === undefined) return [];
  const { records, next } = extract;
  return [
    ...(records !== undefined && extract['id'] === undefined && extract['url'] === undefined
      ? [
          '"extract.records" needs a field "id" or "url" that stays the same for the same record. Add "extract.id".',
        ]
      : []),
    ...(next !== undefined && records === undefined
      ? ['"extract.next" needs "extract.records". Use "follow" for single pages.']
      : []),
  ];
}

/** A crawl holds the addresses of its pages in memory: so many of usual length take some 30 MB. */
export const MAX_PAGES = 100_000;
