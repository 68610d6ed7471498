/**
 * The id of a page (sources §6, B6): a WHATWG URL with lower-case host, without default port, fragment and tracking parameters, its
 * query sorted. Undefined for anything that is not http(s).
 */
export function pageId(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:$/u.test(parsed.protocol)) return undefined;
  parsed.hash = '';
  for (const name of new Set(parsed.searchParams.keys())) {
    if (TRACKING.test(name)) parsed.searchParams.delete(name);
  }
  parsed.searchParams.sort();
  // Sorting re-encodes; an empty query must not leave its question mark.
  return parsed.href.replace(/\?$/u, '').slice(0, MAX_ID_CHARACTERS);
}

const TRACKING = /^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|_gl|igshid|yclid|dclid)$/u;
const MAX_ID_CHARACTERS = 2048;
