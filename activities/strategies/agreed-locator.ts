import type { FieldSpec } from '../../workflows/collection/extraction-spec.ts';
import { sameValue } from './evidence/same-value.ts';
import { columnOf, type Reading } from './lists/field-columns.ts';
import { placesHolding, sharedPlaces, type FieldPlace } from './lists/field-places.ts';
import type { ListPage } from './lists/list-page.ts';

/** A document then and now, and its old value. */
export interface AgreeingPage {
  readonly page: ListPage;
  readonly before: ListPage;
  readonly value: Reading;
}

/** Documents that had the field, and documents that were there without it. */
export interface AgreeingPages {
  readonly pages: readonly AgreeingPage[];
  readonly lacking: readonly ListPage[];
}

/** Where most documents show their own old value, and how many. */
export interface AgreedPlace {
  readonly locator: FieldPlace['locator'];
  readonly equal: number;
}

/**
 * The locator that finds the old value on most of these documents, something on all of them, and nothing where the field was absent: by a
 * label, in attributes, and lists of values. Another value is believed only where the old one stands nowhere on the page any more. Undefined
 * where no locator does it, or where two of them say different things.
 */
export function agreedLocator(
  field: FieldSpec,
  { pages, lacking }: AgreeingPages,
  least: number,
): AgreedPlace | undefined {
  const lists = pages.map(({ page, value }) => holdersOf(page, field, value));
  const accepted = sharedPlaces(lists)
    .filter(({ locator }) => isAsked(locator, field, pages))
    .map((place) => rated(place, field, pages))
    .filter(({ equal, isEverywhere }) => isEverywhere && equal >= least)
    .filter(({ values }) => !missesOld(values, lists, field, pages))
    .filter(({ place }) => lacking.every((page) => readOn(page, place, field) === undefined))
    .toSorted((a, b) => b.equal - a.equal || a.place.cost - b.place.cost);
  const best = accepted.find(({ place }) => !contradicts(place, field, pages));
  if (best === undefined) return undefined;
  const isTorn = accepted.some(
    (one) => one.equal === best.equal && one.place.cost < POSITIONAL && differs(one, best, field),
  );
  return isTorn ? undefined : { locator: best.place.locator, equal: best.equal };
}

/** Does the page show this value anywhere, in the text of an element or in an attribute? */
export function isStanding(page: ListPage, field: FieldSpec, value: Reading): boolean {
  return holdersOf(page, field, value).size > 0;
}

function holdersOf(
  page: ListPage,
  field: FieldSpec,
  value: Reading,
): ReadonlyMap<string, FieldPlace> {
  const [root] = page.facts.map.places;
  return root === undefined ? new Map() : placesHolding(page, root, field, value);
}

/** Is anything else read from a document whose old value is still there? */
function missesOld(
  values: Rated['values'],
  lists: readonly ReadonlyMap<string, FieldPlace>[],
  { type }: FieldSpec,
  pages: readonly AgreeingPage[],
): boolean {
  return pages.some(({ value }, at) => {
    const now = values[at];
    const isEqual = now !== undefined && sameValue(value, now, type);
    return !isEqual && (lists[at]?.size ?? 0) > 0;
  });
}

const POSITIONAL = 5;

/**
 * Texts of one value that an element's name leads to are the strategy's own matter; and of a whole page there is no record that `:scope` could
 * mean.
 */
function isAsked(
  locator: FieldPlace['locator'],
  { cardinality }: FieldSpec,
  pages: readonly AgreeingPage[],
): boolean {
  if ('anchor' in locator)
    return cardinality === 'many' || pages.every(({ page }) => isLabel(locator.anchor, page));
  return (cardinality === 'many' || locator.attr !== undefined) && !locator.css.includes(':scope');
}

/** A paragraph above a title says nothing of it: a label is marked as one, or ends in a colon. */
function isLabel(anchor: string, { places, facts }: ListPage): boolean {
  return places.some((place) => {
    if (place.end - place.start > MAX_LABEL) return false;
    const { text } = facts.item(place);
    const bare = text.replace(/\s?[:：]$/u, '');
    return bare === anchor && (LABELS.test(place.tag) || bare !== text);
  });
}

const LABELS = /^(?:dt|th|td|label|legend|b|strong)$/u;
const MAX_LABEL = 60;

interface Rated {
  readonly place: FieldPlace;
  readonly values: readonly (Reading | undefined)[];
  readonly equal: number;
  readonly isEverywhere: boolean;
}

function rated(place: FieldPlace, field: FieldSpec, pages: readonly AgreeingPage[]): Rated {
  const values = pages.map(({ page }) => readOn(page, place, field));
  const equal = pages.filter(({ value }, at) => {
    const now = values[at];
    return now !== undefined && sameValue(value, now, field.type);
  });
  return { place, values, equal: equal.length, isEverywhere: !values.includes(undefined) };
}

function readOn(page: ListPage, { locator }: FieldPlace, field: FieldSpec): Reading | undefined {
  const [root] = page.facts.map.places;
  return root && columnOf(page, [root], field, locator)[0];
}

/** On a good page a new locator finds what was read there, or nothing. */
function contradicts(place: FieldPlace, field: FieldSpec, pages: readonly AgreeingPage[]): boolean {
  return pages.some(({ before, value }) => {
    const then = readOn(before, place, field);
    return then !== undefined && !sameValue(value, then, field.type);
  });
}

function differs({ values }: Rated, best: Rated, { type }: FieldSpec): boolean {
  return values.some((value, at) => {
    const other = best.values[at];
    return value !== undefined && other !== undefined && !sameValue(value, other, type);
  });
}
