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

/**
 * The locator that finds the old value on most of these documents and something on all of them: also values in attributes, and lists of
 * values. Undefined where none does, or where two of them say different things.
 */
export function agreedLocator(
  field: FieldSpec,
  pages: readonly AgreeingPage[],
  least: number,
): FieldPlace['locator'] | undefined {
  const lists = pages.map(({ page, value }) => {
    const [root] = page.facts.map.places;
    return root === undefined
      ? new Map<string, FieldPlace>()
      : placesHolding(page, root, field, value);
  });
  const accepted = sharedPlaces(lists)
    .filter(({ locator }) => isAsked(locator, field))
    .map((place) => rated(place, field, pages))
    .filter(({ equal, isEverywhere }) => isEverywhere && equal >= least)
    .toSorted((a, b) => b.equal - a.equal || a.place.cost - b.place.cost);
  const best = accepted.find(({ place }) => !contradicts(place, field, pages));
  if (best === undefined) return undefined;
  const isTorn = accepted.some(
    (one) => one.equal === best.equal && one.place.cost < POSITIONAL && differs(one, best, field),
  );
  return isTorn ? undefined : best.place.locator;
}

const POSITIONAL = 5;

/** Texts of one value are the strategy's own matter; and of a whole page there is no record that `:scope` could mean. */
function isAsked(locator: FieldPlace['locator'], { cardinality }: FieldSpec): boolean {
  if ('anchor' in locator) return cardinality === 'many';
  return (cardinality === 'many' || locator.attr !== undefined) && !locator.css.includes(':scope');
}

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
