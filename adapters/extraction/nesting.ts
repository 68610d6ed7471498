import type { PageElement } from './dom.ts';

/**
 * Is the tree nested so deeply that rendering it would take minutes or exhaust the stack? Real pages stay below a hundred levels.
 * Looks at each element once, without recursion.
 */
export function isNestedTooDeeply(root: PageElement): boolean {
  let level: readonly PageElement[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((element) => Array.from(element.children));
  }
  return false;
}

/**
 * A guess from the text alone, for pages that must not even be parsed: the parser's time grows with the square of the depth. Counts
 * elements that nobody closed, so its bound is far above that of the tree.
 */
export function looksNestedTooDeeply(html: string): boolean {
  let open = 0;
  for (const [tag, slash, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9-]*)[^<>]*/gi)) {
    if (UNNESTED.has(name.toLowerCase()) || tag.endsWith('/')) continue;
    open = slash === '/' ? Math.max(0, open - 1) : open + 1;
    if (open > MAX_OPEN) return true;
  }
  return false;
}

/** Elements that are never closed, and those that people may leave open because the next one closes them. */
const UNNESTED: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta param source track wbr p li dt dd tr td th thead tbody tfoot option optgroup colgroup'.split(
    ' ',
  ),
);
const MAX_OPEN = 10_000;

/** Measured: Readability on linkedom takes seconds at 5,000 levels and a minute at 100,000. */
const MAX_DEPTH = 1_000;
