import type { LeftOutReason } from './left-out.ts';
import { placeOf } from './page-id.ts';

export interface FrontierLimits {
  readonly maxPages: number;
  /** Pages that differ in their query alone. */
  readonly maxQueryVariants?: number;
  /** Of all addresses together. */
  readonly maxCharacters?: number;
}

/** Why a page is not added. `why` is a sentence for the listing, which is incomplete for it. */
export interface Bound {
  readonly reason: LeftOutReason;
  readonly why: string;
}

/** Says when a frontier is full. */
export interface FrontierBounds {
  /** Why a page cannot be added to so many others. */
  whyNot(id: string, pages: number): Bound | undefined;
  /** The same for the following page of a list, whose number has its own bound. */
  whyNotNext(): Bound | undefined;
  /** Counts a page that was added. */
  count(id: string): void;
}

export function createBounds({
  maxPages,
  maxQueryVariants = MAX_QUERY_VARIANTS,
  maxCharacters = MAX_CHARACTERS,
}: FrontierLimits): FrontierBounds {
  const variants = new Map<string, number>();
  let characters = 0;
  const variantsOf = (id: string): number => variants.get(placeOf(id)) ?? 0;
  const whyNotNext = (): Bound | undefined => (characters > maxCharacters ? TOO_LARGE : undefined);
  return {
    count(id) {
      characters += id.length;
      if (id !== placeOf(id)) variants.set(placeOf(id), variantsOf(id) + 1);
    },
    whyNotNext,
    whyNot(id, pages) {
      if (pages >= maxPages) return tooManyPages(maxPages);
      const isVariant = id !== placeOf(id) && variantsOf(id) >= maxQueryVariants;
      return isVariant ? tooManyVariants(placeOf(id), maxQueryVariants) : whyNotNext();
    },
  };
}

function tooManyPages(maxPages: number): Bound {
  const why = `There are more than ${maxPages} pages: raise "follow.maxPages" or narrow the scope.`;
  return { reason: 'pages', why };
}

function tooManyVariants(path: string, most: number): Bound {
  const why = `"${path}" has more than ${most} variants of its query: exclude it, or name parameters in "dropParameters".`;
  return { reason: 'variants', why };
}

const TOO_LARGE: Bound = {
  reason: 'pages',
  why: 'The addresses of the site are too long for its list of pages: narrow the scope, or split the site into several sources.',
};
/** A calendar or a search page has endless variants; real pages have a few pages and languages. */
const MAX_QUERY_VARIANTS = 50;
/** A crawl holds its addresses in memory: 100,000 of usual length are a quarter of this. */
const MAX_CHARACTERS = 32_000_000;
