import picomatch from 'picomatch';
import type { BrowserConfig, FollowConfig } from './config.ts';
import { pageId } from './page-id.ts';

/** What is still to be visited, in the order in which it was found. */
export interface Frontier {
  /** The next page, or undefined when there is none or the bound of pages is reached. */
  take(): Visit | undefined;
  /** Adds the links of a visited page that are in scope and new. */
  add(links: readonly string[], from: Visit): void;
  /** Notes that a page is known under this id, too. True: it was already. */
  sawAlready(id: string): boolean;
  /** Pages in scope that `maxPages` left out. */
  readonly leftOut: number;
}

export interface Visit {
  readonly url: string;
  readonly id: string;
  /** Links away from the pages that the definition names; 0 for these. */
  readonly depth: number;
}

export function createFrontier({ urls, follow }: Pick<BrowserConfig, 'urls' | 'follow'>): Frontier {
  const seeds = urls.flatMap((url) => visitOf(url, 0) ?? []);
  const hosts = new Set(seeds.map(({ url }) => new URL(url).host));
  const inScope = follow === undefined ? () => false : scopeOf(follow, hosts);
  const seen = new Set<string>();
  const waiting: Visit[] = [];
  let taken = 0;
  let next = 0;
  const push = (visit: Visit): void => {
    if (seen.has(visit.id)) return;
    seen.add(visit.id);
    waiting.push(visit);
  };
  seeds.forEach(push);
  return {
    take() {
      if (follow !== undefined && taken >= follow.maxPages) return undefined;
      const visit = waiting[next];
      if (visit === undefined) return undefined;
      next += 1;
      taken += 1;
      return visit;
    },
    add(links, from) {
      if (from.depth >= (follow?.maxDepth ?? 0)) return;
      const visits = links.flatMap((link) => visitOf(link, from.depth + 1) ?? []);
      const fresh = visits.filter((visit) => !seen.has(visit.id) && inScope(visit));
      fresh.slice(0, MAX_WAITING - waiting.length).forEach(push);
    },
    sawAlready(id) {
      if (seen.has(id)) return true;
      seen.add(id);
      return false;
    },
    get leftOut() {
      return waiting.length - next;
    },
  };
}

function visitOf(url: string, depth: number): Visit | undefined {
  const id = pageId(url);
  return id === undefined ? undefined : { url: id, id, depth };
}

function scopeOf(follow: FollowConfig, hosts: ReadonlySet<string>): (visit: Visit) => boolean {
  const included = matcher(follow.include);
  const excluded = matcher(follow.exclude);
  return ({ url }) => {
    const { host, pathname, search } = new URL(url);
    if (follow.sameHost && !hosts.has(host)) return false;
    const names = [pathname, `${pathname}${search}`];
    const wanted = follow.include.length === 0 || names.some((name) => included(name));
    return wanted && !names.some((name) => excluded(name));
  };
}

function matcher(globs: readonly string[]): (path: string) => boolean {
  return globs.length === 0 ? () => false : picomatch([...globs], { dot: true });
}

/** Memory, not scope: what a crawl may hold in wait. */
const MAX_WAITING = 100_000;
