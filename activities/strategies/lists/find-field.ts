import type {
  AnchorLocator,
  CssLocator,
  ExtractedRecord,
  FieldSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import { fits, learnProfile } from '../evidence/profile.ts';
import { sameValue } from '../evidence/same-value.ts';
import type { Place } from '../relocate/page-map.ts';
import { chainOf, columnOf, type Column } from './field-columns.ts';
import { allPlaces, fieldPlaces, type FieldPlace, type JoinedMember } from './field-places.ts';
import type { ListPage } from './list-page.ts';
import { BY_TAG } from './name-parts.ts';

/** Records on a failing page, the known ones among them, and what good pages say of a place. */
export interface ListSearch {
  readonly page: ListPage;
  readonly members: readonly Place[];
  /** For each member what it was before; undefined for one that is new. */
  readonly before: readonly (ExtractedRecord | undefined)[];
  /** All good records: what values look like. */
  readonly known: readonly ExtractedRecord[];
  /** Does a locator read another value on a good page than the spec did? */
  contradicts(name: string, locator: CssLocator | AnchorLocator): boolean;
}

/** Where a field stands in the records now. Without a locator its own ones still do. */
export interface FoundField {
  readonly name: string;
  readonly locator?: CssLocator | AnchorLocator;
  readonly column: Column;
  /** Share of the known records that have their old value there. */
  readonly equal: number;
}

/** Finds the place where known records have their old values, and new ones something alike; the sentence says why there is none. */
export function findField(
  search: ListSearch,
  name: string,
  field: FieldSpec,
): FoundField | { readonly because: string } {
  const { page, members } = search;
  const joined = joinedIn(search);
  const own = rate(search, name, field, { cost: -1, column: chainOf(page, members, field) });
  const others = fieldPlaces(page, joined, name, field).map(({ locator, cost }) =>
    rate(search, name, field, { locator, cost, column: columnOf(page, members, field, locator) }),
  );
  const former = new Set(
    others.filter((one) => isFormer(one, field)).map(({ column }) => JSON.stringify(column)),
  );
  const accepted = [own, ...others]
    .filter((one) => isAccepted(one, field) && !former.has(JSON.stringify(one.column)))
    .toSorted((a, b) => byWorth(a, b, field));
  const best = accepted
    .slice(0, MAX_TRIES)
    .find(({ locator }) => locator === undefined || !search.contradicts(name, locator));
  if (best === undefined)
    return field.stable
      ? { because: `No place in the records shows the old values of "${name}".` }
      : byShape(search, name, field);
  const rival = accepted.find((one) => isRival(one, best, field));
  if (rival !== undefined)
    return { because: `Two places in the records may be "${name}", and they differ.` };
  return found(name, best);
}

/** The members that are known from before. */
export function joinedIn({ members, before }: ListSearch): readonly JoinedMember[] {
  return members.flatMap((place, at) => {
    const record = before[at];
    return record === undefined ? [] : [{ place, before: record }];
  });
}

const MAX_TRIES = 12;

interface Rated {
  readonly locator?: CssLocator | AnchorLocator;
  readonly cost: number;
  readonly column: Column;
  readonly equal: number;
  /** Known records that had the field. */
  readonly asked: number;
  readonly missing: number;
  /** Share of the known records without the field that have one now. */
  readonly extra: number;
  readonly present: number;
  /** Share of the values that look like the ones before. */
  readonly likeness: number;
}

function found(name: string, { locator, column, equal, asked }: Rated): FoundField {
  return {
    name,
    ...(locator === undefined ? {} : { locator }),
    column,
    equal: equal / Math.max(1, asked),
  };
}

function rate(
  { before, known }: ListSearch,
  name: string,
  field: FieldSpec,
  one: Pick<Rated, 'locator' | 'cost' | 'column'>,
): Rated {
  let [equal, asked, missing, extra, silent] = [0, 0, 0, 0, 0];
  for (const [at, record] of before.entries()) {
    if (record === undefined) continue;
    const [old, now] = [record[name], one.column[at]];
    if (old === undefined) {
      silent += 1;
      extra += Number(now !== undefined);
      continue;
    }
    asked += 1;
    if (now === undefined) missing += 1;
    else if (sameValue(old, now, field.type)) equal += 1;
  }
  const values = one.column.filter((value) => value !== undefined);
  const profile = learnProfile(known, name);
  const alike = profile ? values.filter((value) => fits(profile, value)).length : values.length;
  return {
    ...one,
    equal,
    asked,
    missing,
    extra: silent === 0 ? 0 : extra / silent,
    present: values.length,
    likeness: values.length === 0 ? 0 : alike / values.length,
  };
}

/** A document may have changed meanwhile, one that is stable hardly. */
const LEAST_EQUAL = 0.6;
const LEAST_EQUAL_STABLE = 0.85;
const LEAST_ALIKE = 0.9;
const MOST_EXTRA = 0.34;

function isAccepted(
  { equal, asked, missing, extra, likeness }: Rated,
  { stable, required }: FieldSpec,
): boolean {
  if (asked === 0 || equal < (stable ? LEAST_EQUAL_STABLE : LEAST_EQUAL) * asked) return false;
  if (missing > (required ? 0 : 0.1 * asked)) return false;
  return extra <= MOST_EXTRA && likeness >= LEAST_ALIKE;
}

/** A field that is optional is better missing than filled with something else. */
function byWorth(a: Rated, b: Rated, { required }: FieldSpec): number {
  const presence = required ? b.present - a.present : 0;
  return b.equal - a.equal || a.extra - b.extra || presence || a.cost - b.cost;
}

/** "Was 12.00": what something cost before is equal to what it cost before. */
function isFormer({ locator }: Rated, { stable, locators }: FieldSpec): boolean {
  const isNamedSo = (text: string): boolean => FORMER.test(text);
  return (
    !stable &&
    locator !== undefined &&
    isNamedSo(JSON.stringify(locator)) &&
    !isNamedSo(JSON.stringify(locators))
  );
}

const FORMER =
  /(?:^|[^a-z])(?:was|old|before|former|original|previous|regular|rrp|msrp|uvp|strike|crossed|del|s)(?:[^a-z]|$)/iu;
const POSITIONAL = 5;

/** Nearly as good, and says something else: then nobody knows which of both it is. */
function isRival(one: Rated, best: Rated, { stable, type }: FieldSpec): boolean {
  // Where values change, the place that still has the old ones may be the one of old values.
  if (stable && one.equal < best.equal - 0.05 * best.asked) return false;
  const isOnlyPosition = one.cost >= POSITIONAL && best.cost < BY_TAG;
  if (isOnlyPosition && one.equal <= best.equal) return false;
  return best.column.some((value, at) => {
    const other = one.column[at];
    return value !== undefined && other !== undefined && !sameValue(value, other, type);
  });
}

/** All values changed: numbers and days may still be told by their look, where only one place in the records has anything like them. */
function byShape(
  search: ListSearch,
  name: string,
  field: FieldSpec,
): FoundField | { readonly because: string } {
  const because = `No place in the records shows the old values of "${name}".`;
  const { page, members } = search;
  const first = joinedIn(search)[0]?.place;
  if (!SHAPED.has(field.type) || first === undefined) return { because };
  const rated = allPlaces(page, first)
    .filter(({ cost }) => cost < POSITIONAL)
    .map(({ locator, cost }: FieldPlace) =>
      rate(search, name, field, { locator, cost, column: columnOf(page, members, field, locator) }),
    )
    .filter((one) => one.missing === 0 && one.asked > 0 && one.extra === 0 && one.likeness === 1)
    .filter(({ column }) => new Set(column.map(String)).size > 1)
    .toSorted((a, b) => a.cost - b.cost);
  const [best] = rated;
  if (best?.locator === undefined || search.contradicts(name, best.locator)) return { because };
  return rated.some((one) => isRival({ ...one, equal: best.equal }, best, field))
    ? { because: `Two places in the records look like "${name}", and they differ.` }
    : found(name, best);
}

const SHAPED: ReadonlySet<string> = new Set(['number', 'integer', 'date', 'duration']);
