import type { ScopeRuling } from '../../../workflows/collection/explanation.ts';
import { pageId } from './page-id.ts';
import { createScope, globsThatMatch } from './scope.ts';
import type { SiteConfig } from './site-config.ts';

export type RuledConfig = SiteConfig & { readonly sitemap?: string };

/** Which rule of a site's configuration takes or refuses an address. What only a crawl can tell (depth, robots.txt) is not asked here. */
export function ruleOnPage(config: RuledConfig, about: string): ScopeRuling {
  const id = pageId(about, config);
  if (id === undefined)
    return { taken: false, because: `"${about.slice(0, 200)}" is no http or https address` };
  const scope = createScope(config);
  if (scope.isSeed(id)) return { id, taken: true, because: 'it is a seed of "urls"' };
  return { id, ...byScope(config, id, scope.excludedBy(id)) };
}

function byScope(
  config: RuledConfig,
  id: string,
  excludedBy: 'host' | 'include' | 'exclude' | undefined,
): Pick<ScopeRuling, 'taken' | 'because'> {
  const { include = [], exclude = [] } = config.follow ?? {};
  if (excludedBy === 'host')
    return {
      taken: false,
      because: `its host "${new URL(id).host}" is none of the hosts of "urls", and "follow.sameHost" keeps the crawl there`,
    };
  if (excludedBy === 'exclude')
    return { taken: false, because: `"follow.exclude" has ${named(globsThatMatch(exclude, id))}` };
  if (excludedBy === 'include')
    return { taken: false, because: `none of ${named(include)} in "follow.include" matches it` };
  return byReach(config, named(globsThatMatch(include, id)));
}

/** How a crawl may come to it at all. */
function byReach(
  { follow, sitemap = 'skip' }: RuledConfig,
  globs: string,
): Pick<ScopeRuling, 'taken' | 'because'> {
  const within = globs === '' ? '' : ` and "follow.include" has ${globs}`;
  if (sitemap === 'only')
    return { taken: true, because: `the sitemaps may name it ("sitemap" is "only")${within}` };
  if (follow !== undefined)
    return { taken: true, because: `it is on a host of "urls", where links are followed${within}` };
  if (sitemap !== 'skip') return { taken: true, because: `the sitemaps may name it${within}` };
  return {
    taken: false,
    because: 'it is no seed of "urls", and without "follow" or "sitemap" nothing else is collected',
  };
}

function named(globs: readonly string[]): string {
  return globs
    .slice(0, 5)
    .map((glob) => `"${glob}"`)
    .join(', ');
}
