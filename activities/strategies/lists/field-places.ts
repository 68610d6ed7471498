import { elementText } from '../../../adapters/extraction/element-text.ts';
import type {
  AnchorLocator,
  CssLocator,
  ExtractedRecord,
  FieldSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import { sameValue } from '../evidence/same-value.ts';
import type { Place } from '../relocate/page-map.ts';
import { listOf } from './known-records.ts';
import { valueAttributes, type ListPage } from './list-page.ts';
import { BY_TAG, partsOf, positionOf, type Part } from './name-parts.ts';

/** A place inside the records that may be a field's. */
export interface FieldPlace {
  readonly locator: CssLocator | AnchorLocator;
  readonly cost: number;
}

/** A record on the page with what it was before. */
export interface JoinedMember {
  readonly place: Place;
  readonly before: ExtractedRecord;
}

/** Locators of places that hold the old value of a field in at least half of some known records, the best name first. */
export function fieldPlaces(
  page: ListPage,
  joined: readonly JoinedMember[],
  name: string,
  field: FieldSpec,
): readonly FieldPlace[] {
  const shown = evenly(joined.filter(({ before }) => before[name] !== undefined));
  return sharedPlaces(
    shown.map(({ place, before }) => placesHolding(page, place, field, before[name])),
  );
}

/** Locators below `scope` that find one of these values, each at its lowest cost. */
export function placesHolding(
  page: ListPage,
  scope: Place,
  field: FieldSpec,
  old: ExtractedRecord[string] | undefined,
): ReadonlyMap<string, FieldPlace> {
  const found = new Map<string, FieldPlace>();
  for (const holder of holders(page, scope, field, old).slice(0, MAX_HOLDERS)) {
    for (const one of locatorsOf(holder, scope)) {
      const key = JSON.stringify(one.locator);
      if ((found.get(key)?.cost ?? Infinity) > one.cost) found.set(key, one);
    }
  }
  return found;
}

/** Locators that at least half of these share, those of most first, then the best name. */
export function sharedPlaces(
  lists: readonly ReadonlyMap<string, FieldPlace>[],
): readonly FieldPlace[] {
  const counts = new Map<string, { readonly place: FieldPlace; count: number }>();
  for (const [key, place] of lists.flatMap((list) => [...list]))
    counts.set(key, { place, count: (counts.get(key)?.count ?? 0) + 1 });
  return [...counts.values()]
    .filter(({ count }) => count * 2 >= lists.length)
    .toSorted((a, b) => b.count - a.count || a.place.cost - b.place.cost)
    .slice(0, MAX_PLACES)
    .map(({ place }) => place);
}

/** Does any known record still show the old value of a field, wherever in it? */
export function isStillThere(
  page: ListPage,
  joined: readonly JoinedMember[],
  name: string,
  field: FieldSpec,
): boolean {
  return joined.some(({ place, before }) => holders(page, place, field, before[name]).length > 0);
}

/** Locators of everything inside one record, whatever it says. */
export function allPlaces(page: ListPage, member: Place): readonly FieldPlace[] {
  const found = new Map<string, FieldPlace>();
  for (const place of inside(page, member)) {
    for (const attr of [undefined, ...valueAttributes(place)]) {
      for (const one of locatorsOf({ place, ...(attr === undefined ? {} : { attr }) }, member))
        found.set(JSON.stringify(one.locator), one);
    }
  }
  return [...found.values()].toSorted((a, b) => a.cost - b.cost).slice(0, MAX_PLACES * 2);
}

const MAX_SHOWN = 12;
const MAX_PLACES = 60;
const MAX_HOLDERS = 60;
/** Of one record; a whole page has more. */
const MAX_INSIDE = 20_000;

function evenly(joined: readonly JoinedMember[]): readonly JoinedMember[] {
  const step = Math.max(1, joined.length / MAX_SHOWN);
  return joined.filter((_, at) => Math.floor(at / step) !== Math.floor((at - 1) / step));
}

interface Holder {
  readonly place: Place;
  readonly attr?: string;
}

function inside(page: ListPage, member: Place): readonly Place[] {
  return page.facts.map.places.slice(
    member.index,
    Math.min(member.last + 1, member.index + MAX_INSIDE),
  );
}

function holders(
  page: ListPage,
  member: Place,
  field: FieldSpec,
  old: ExtractedRecord[string] | undefined,
): readonly Holder[] {
  const values = listOf(old);
  return inside(page, member).flatMap((place) =>
    [undefined, ...valueAttributes(place)].flatMap((attr) => {
      const value = page.read(place, field, attr);
      const isThere =
        value !== undefined && values.some((one) => sameValue(one, value, field.type));
      return isThere ? [{ place, ...(attr === undefined ? {} : { attr }) }] : [];
    }),
  );
}

function locatorsOf({ place, attr }: Holder, member: Place): readonly FieldPlace[] {
  const withAttr = attr === undefined ? {} : { attr };
  // An attribute says less plainly than a text that it is what people see.
  const dearer = attr === undefined ? 0 : 0.8;
  const styles = place === member ? [{ css: ':scope', cost: 2 }] : selectorsOf(place, member);
  const found: FieldPlace[] = styles.map(({ css, cost }) => ({
    locator: { css, ...withAttr },
    cost: cost + dearer,
  }));
  const label = attr === undefined ? labelOf(place, member) : undefined;
  return label === undefined
    ? found
    : [...found, { locator: { anchor: label, take: 'next' }, cost: BY_TAG - 0.1 }];
}

function selectorsOf(place: Place, member: Place): readonly Part[] {
  const position = positionOf(place);
  const own = [...partsOf(place), ...(position === undefined ? [] : [{ css: position, cost: 5 }])];
  const found: Part[] = [...own];
  let above = place.parent;
  for (let level = 0; level < 4 && above !== undefined && above !== member; level += 1) {
    const nth = positionOf(above);
    const outer = [...partsOf(above), ...(nth === undefined ? [] : [{ css: nth, cost: 5 }])];
    for (const { css, cost } of outer) {
      for (const one of own) {
        const by = level === 0 ? ' > ' : ' ';
        found.push({ css: `${css}${by}${one.css}`, cost: nameCost(cost, one.cost) + level * 0.2 });
      }
    }
    above = above.parent;
  }
  if (place.parent === member)
    found.push(...own.map(({ css, cost }) => ({ css: `:scope > ${css}`, cost: cost + 0.7 })));
  return found;
}

/** `.price > span` is named by its parent; a position stays one. */
function nameCost(outer: number, own: number): number {
  return own >= 5 ? Math.min(outer, BY_TAG) / 2 + own : 0.5 + outer / 2 + own * 0.6;
}

const MAX_LABEL = 40;

/** A short text right before the value, without a digit: `<dt>Price</dt>`. */
function labelOf({ parent, element }: Place, member: Place): string | undefined {
  const siblings = Array.from(parent?.element.children ?? []).slice(0, 60);
  const before = siblings[siblings.indexOf(element) - 1];
  if (before === undefined || parent === undefined || parent.index < member.index) return undefined;
  const text = elementText(before, 20);
  return text.length >= 2 && text.length <= MAX_LABEL && !/\d/u.test(text)
    ? text.replace(/\s?[:：]$/u, '')
    : undefined;
}
