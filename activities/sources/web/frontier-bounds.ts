import { placeOf } from './page-id.ts';

export interface FrontierLimits {
  readonly maxPages: number;
  /** Pages that differ in their query alone. */
  readonly maxQueryVariants?: number;
}

/** Says when a frontier is full, in sentences for the listing that is incomplete for it. */
export interface FrontierBounds {
  /** Why a page cannot be added to so many others. */
  whyNot(id: string, pages: number): string | undefined;
  /** The same for the following page of a list, whose number has its own bound. */
  whyNotNext(): string | undefined;
  /** Counts a page that was added. */
  count(id: string): void;
  /** The cursor is as large as it may become: nothing is added any more. */
  close(): void;
}

/** `ids`: what a resumed crawl knows already. */
export function createBounds(
  { maxPages, maxQueryVariants = MAX_QUERY_VARIANTS }: FrontierLimits,
  ids: readonly string[],
): FrontierBounds {
  const variants = new Map<string, number>();
  let isClosed = false;
  const variantsOf = (id: string): number => variants.get(placeOf(id)) ?? 0;
  const count = (id: string): void => {
    if (id !== placeOf(id)) variants.set(placeOf(id), variantsOf(id) + 1);
  };
  for (const id of ids) count(id);
  const whyNotNext = (): string | undefined => (isClosed ? TOO_LARGE : undefined);
  return {
    count,
    whyNotNext,
    close: () => void (isClosed = true),
    whyNot(id, pages) {
      if (isClosed) return whyNotNext();
      if (pages >= maxPages) return tooManyPages(maxPages);
      const isVariant = id !== placeOf(id) && variantsOf(id) >= maxQueryVariants;
      return isVariant ? tooManyVariants(placeOf(id), maxQueryVariants) : undefined;
    },
  };
}

function tooManyPages(maxPages: number): string {
  return `There are more than ${maxPages} pages: raise "follow.maxPages" or narrow the scope.`;
}

function tooManyVariants(path: string, most: number): string {
  return `"${path}" has more than ${most} variants of its query: exclude it, or name parameters in "dropParameters".`;
}

const TOO_LARGE =
  'The addresses of the site are too long for its list of pages: narrow the scope, or split the site into several sources.';
/** A calendar or a search page has endless variants; real pages have a few pages and languages. */
const MAX_QUERY_VARIANTS = 50;
