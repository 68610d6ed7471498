import picomatch from 'picomatch';
import { pageId } from './page-id.ts';
import type { SiteConfig } from './site-config.ts';

/** Which addresses belong to the source. */
export interface Scope {
  /** Why the id is left out, or undefined when it belongs to the source. */
  excludedBy(id: string): 'host' | 'include' | 'exclude' | undefined;
  isSeed(id: string): boolean;
  /** Is the id on a host of a seed? Such hosts get the configured headers. */
  isSeedHost(id: string): boolean;
}

export function createScope(config: SiteConfig): Scope {
  const { include, exclude = [], sameHost = true } = config.follow ?? {};
  // A port is another site, but http and https of one host are the same.
  const hosts = new Set(config.urls.flatMap((url) => URL.parse(url)?.host ?? []));
  const included = include && anyOf(include);
  const excluded = anyOf(exclude);
  const seeds = new Set(config.urls.flatMap((url) => pageId(url, config) ?? []));
  return {
    isSeed: (id) => seeds.has(id),
    isSeedHost: (id) => hosts.has(new URL(id).host),
    excludedBy(id) {
      // Seeds are named one by one: no glob takes them out.
      if (seeds.has(id)) return undefined;
      if (sameHost && !hosts.has(new URL(id).host)) return 'host';
      if (excluded(id)) return 'exclude';
      return included && !included(id) ? 'include' : undefined;
    },
  };
}

/** Those of the globs that match the id. */
export function globsThatMatch(globs: readonly string[], id: string): readonly string[] {
  return globs.filter((glob) => anyOf([glob])(id));
}

type Matcher = (id: string) => boolean;

/** A glob is matched against the whole address if it names a scheme, else against the path, with and without the query. */
function anyOf(globs: readonly string[]): Matcher {
  const matchers = globs.map((glob): Matcher => {
    const isMatch = picomatch(glob, { dot: true });
    if (glob.includes('://')) return isMatch;
    return (id) => {
      const url = new URL(id);
      return (
        isMatch(url.pathname) || (url.search !== '' && isMatch(`${url.pathname}${url.search}`))
      );
    };
  });
  return (id) => matchers.some((matches) => matches(id));
}
