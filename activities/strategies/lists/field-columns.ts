import { locateAnchor } from '../../../adapters/extraction/anchor.ts';
import { select } from '../../../adapters/extraction/dom.ts';
import type {
  AnchorLocator,
  CssLocator,
  FieldSpec,
  FieldValue,
  Locator,
} from '../../../workflows/collection/extraction-spec.ts';
import type { Place } from '../relocate/page-map.ts';
import type { ListPage } from './list-page.ts';

export type Reading = FieldValue | readonly FieldValue[];

/** What one locator says in each record; undefined where it says nothing. */
export type Column = readonly (Reading | undefined)[];

/** Reads a field in all records at once: one search of the page a selector, however many records. */
export function columnOf(
  page: ListPage,
  members: readonly Place[],
  field: FieldSpec,
  locator: CssLocator | AnchorLocator,
): Column {
  const attr = 'css' in locator ? locator.attr : undefined;
  return placesOf(page, members, locator).map((places) => {
    const values: FieldValue[] = [];
    for (const place of places) {
      const value = page.read(place, field, attr);
      if (value !== undefined) values.push(value);
      if (values.length > 0 && field.cardinality === 'one') break;
    }
    return field.cardinality === 'one' ? values[0] : values.length === 0 ? undefined : values;
  });
}

/** What the locators of a field say together, the first that says anything in each record; locators of payloads say nothing here. */
export function chainOf(
  page: ListPage,
  members: readonly Place[],
  field: FieldSpec,
  locators: readonly Locator[] = field.locators,
): Column {
  const columns = locators.flatMap((locator) =>
    'css' in locator || 'anchor' in locator ? [columnOf(page, members, field, locator)] : [],
  );
  return members.map((_, at) => columns.find((column) => column[at] !== undefined)?.[at]);
}

const MAX_FOUND = 20_000;

function placesOf(
  page: ListPage,
  members: readonly Place[],
  locator: CssLocator | AnchorLocator,
): readonly (readonly Place[])[] {
  if ('anchor' in locator)
    return members.map(({ element }) =>
      locateAnchor(element, locator.anchor, locator.take).flatMap(
        (found) => (found.element && page.facts.places.get(found.element)) ?? [],
      ),
    );
  if (locator.css === ':scope') return members.map((member) => [member]);
  if (locator.css.includes(':scope'))
    return members.map(({ element }) => toPlaces(page, select(element, locator.css, 100) ?? []));
  const found = toPlaces(page, select(page.facts.map.document, locator.css, MAX_FOUND) ?? []);
  return spread(members, found);
}

function toPlaces({ facts }: ListPage, elements: readonly object[]): readonly Place[] {
  return elements.flatMap((element) => facts.places.get(element) ?? []);
}

/** Both in document order, and no member within another: each place belongs to the member around it. */
function spread(members: readonly Place[], found: readonly Place[]): readonly (readonly Place[])[] {
  let at = 0;
  return members.map(({ index, last }) => {
    while ((found[at]?.index ?? Infinity) <= index) at += 1;
    const inside: Place[] = [];
    for (let one = found[at]; one !== undefined && one.index <= last; one = found[at]) {
      inside.push(one);
      at += 1;
    }
    return inside;
  });
}
