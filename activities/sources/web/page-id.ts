import type { SiteConfig } from './site-config.ts';

export interface UrlPolicy {
  readonly trailingSlash: SiteConfig['trailingSlash'];
  readonly dropParameters: readonly string[];
}

/**
 * The identity of a page (B6): the WHATWG URL without fragment, default port and tracking parameters, with sorted query, escapes in
 * upper case, and the slash at the end as the policy says. Undefined for what is no http(s) address, carries credentials, or is
 * longer than 2,048 characters.
 */
export function pageId(text: string, policy: UrlPolicy, base?: string): string | undefined {
  const url = URL.parse(text, base);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return undefined;
  // Each setter parses the address anew, and most addresses need none.
  if (url.href.includes('#')) url.hash = '';
  if (url.href.includes('?')) url.search = sortedQuery(url, policy.dropParameters);
  const path = canonicalPath(url.pathname, policy.trailingSlash);
  if (path !== url.pathname) url.pathname = path;
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  return url.href.length <= 2048 ? url.href : undefined;
}

/** Do two ids differ only in ways that sites use for views of one page: scheme, query, case, slash or index file at the end? */
export function isVariant(a: string, b: string): boolean {
  const one = new URL(a);
  const other = new URL(b);
  return (
    one.hostname === other.hostname && one.port === other.port && bareOf(one) === bareOf(other)
  );
}

/** An address for sentences and logs: its query may hold a token. */
export function placeOf(url: string): string {
  return url.split('?')[0] ?? url;
}

function bareOf(url: URL): string {
  return url.pathname
    .toLowerCase()
    .replace(/\/(?:index|default)\.[a-z]{3,5}$/, '/')
    .replace(/\/$/, '');
}

function sortedQuery(url: URL, dropped: readonly string[]): string {
  // Pairs are kept as written: reading and writing them again would turn %20 into +.
  const pairs = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && !isDropped(pair, dropped));
  return pairs.toSorted().map(upperEscapes).join('&');
}

function isDropped(pair: string, dropped: readonly string[]): boolean {
  const name = (pair.split('=')[0] ?? '').toLowerCase();
  return (
    TRACKING.test(name) ||
    dropped.some((one) => {
      const wanted = one.toLowerCase();
      return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
    })
  );
}

/** Campaigns, click ids and sessions: never part of what a page says. */
const TRACKING =
  /^(?:utm_[a-z_]+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|twclid|yclid|igshid|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|mkt_tok|phpsessid|jsessionid|sessionid)$/;

function canonicalPath(path: string, slash: UrlPolicy['trailingSlash']): string {
  const clean = upperEscapes(path).replace(/;jsessionid=[^/]*/i, '');
  return slash === 'remove' && clean.length > 1 ? clean.replace(/\/+$/, '') || '/' : clean;
}

function upperEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
    // RFC 3986 §6.2.2.2: an unreserved character is the same with and without its escape.
    return /[a-z0-9._~-]/i.test(character) ? character : escape.toUpperCase();
  });
}
