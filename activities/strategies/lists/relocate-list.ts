import type {
  AnchorLocator,
  CssLocator,
  ExtractedRecord,
  ExtractionSpec,
  FieldSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import type { PatchOperation } from '../../../workflows/repair/patch.ts';
import type { EvidenceView, FailingPage, Proposal } from '../contract.ts';
import { inFront, recordsInFront } from '../evidence/in-front.ts';
import { bareValue, sameValue } from '../evidence/same-value.ts';
import type { Place } from '../relocate/page-map.ts';
import { columnOf } from './field-columns.ts';
import { isStillThere } from './field-places.ts';
import { findField, joinedIn, type FoundField, type ListSearch } from './find-field.ts';
import { knownRecords, listOf, usualCount } from './known-records.ts';
import { openList, type ListPage } from './list-page.ts';
import { marksOf } from './marks.ts';
import { findRecordGroups, joinMembers, type RecordGroup } from './record-groups.ts';
import { membersOf, recordSets, type RecordSet } from './record-selectors.ts';
import { isPlausibleCount, objectionToList } from './verify-list.ts';

export type ListAnswer = Proposal | { readonly because: string };

/** Finds the records of a list again by the ones that are known, then each field inside of them. */
export function relocateList(view: EvidenceView, failing: FailingPage): ListAnswer {
  const page = openList(failing, view.spec);
  if (page === undefined) return { because: `"${failing.url}" is no page that could be searched.` };
  const known = knownRecords(view, failing);
  const marks = marksOf(page, view.spec, known);
  const groups = findRecordGroups(page, marks);
  const least = Math.max(2, LEAST_JOINED * usualCount(view, failing));
  if (groups === undefined || groups.levels[0].joins.size < least)
    return { because: `Too few of the known records stand on "${failing.url}" again.` };
  const { levels, rival } = groups;
  const [{ coverage }] = levels;
  if (coverage < LEAST_COVERAGE)
    return { because: 'The known records stand on the page in pieces.' };
  if (rival > MOST_RIVAL * coverage)
    return { because: `Two lists of "${failing.url}" may be the records.` };
  const scene = { view, failing, page, known, rival };
  const kept = keptRecords(view.spec, page);
  const keptGroup = joinMembers(kept, marks);
  return keptGroup.coverage >= AS_GOOD * coverage
    ? fixFields(scene, kept, keptGroup)
    : fixLevels(scene, levels);
}

const LEAST_JOINED = 0.4;
const LEAST_COVERAGE = 0.5;
const MOST_RIVAL = 0.6;
const AS_GOOD = 0.9;

interface Scene {
  readonly view: EvidenceView;
  readonly failing: FailingPage;
  readonly page: ListPage;
  readonly known: readonly ExtractedRecord[];
  /** How much another list of the page holds of the known records. */
  readonly rival: number;
}

/** What the records of the spec in force are on a page. */
function keptRecords({ records = [] }: ExtractionSpec, page: ListPage): readonly Place[] {
  for (const locator of records) {
    const found = 'css' in locator ? membersOf(page, locator.css) : [];
    if (found.length > 0) return found;
  }
  return [];
}

/** The records are found; fields inside of them are not. */
function fixFields(scene: Scene, members: readonly Place[], group: RecordGroup): ListAnswer {
  const names = scene.view.failingFields.filter((name) => name !== '');
  if (names.length === 0)
    return { because: 'The records are found, and none of their fields fails.' };
  const fields = findFields(scene, { members, names, joins: group.joins });
  if ('because' in fields) return fields;
  return checked(scene, fields, { group });
}

/** The outermost elements that hold one record each, else those inside of them. */
function fixLevels(scene: Scene, levels: readonly RecordGroup[]): ListAnswer {
  const reasons: string[] = [];
  for (const group of levels) {
    const answer = fixRecords(scene, group);
    if ('patch' in answer) return answer;
    reasons.push(answer.because);
  }
  return { because: reasons[0] ?? 'No element holds one record.' };
}

function fixRecords(scene: Scene, group: RecordGroup): ListAnswer {
  const fixes = new Map<string, Proposal>();
  const reasons: string[] = [];
  for (const set of recordSets(scene.page, [...group.joins.keys()])) {
    const fix = fixSet(scene, set, group);
    if ('because' in fix) reasons.push(fix.because);
    else if (!fixes.has(fix.records)) fixes.set(fix.records, fix.proposal);
  }
  const [proposal, ...others] = fixes.values();
  if (others.length > 0)
    return { because: 'Several selectors find records, and they find different ones.' };
  return proposal ?? { because: reasons[0] ?? 'No selector finds the records alone.' };
}

interface Fix {
  /** Which elements they are: two selectors of the same ones are one fix. */
  readonly records: string;
  readonly proposal: Proposal;
}

function fixSet(
  scene: Scene,
  { css, members }: RecordSet,
  group: RecordGroup,
): Fix | { readonly because: string } {
  const { view, failing } = scene;
  const names = Object.keys(view.spec.fields);
  const fields = findFields(scene, { members, names, joins: group.joins });
  if ('because' in fields) return fields;
  const required = fields.filter(({ name }) => view.spec.fields[name]?.required);
  const lacking = (at: number): number =>
    required.filter(({ column }) => column[at] === undefined).length;
  const outside = new Set(
    members.filter((_, at) => lacking(at) * 2 >= required.length && lacking(at) > 0),
  );
  if ([...group.joins.keys()].some((place) => outside.has(place)))
    return { because: 'Known records would be without fields.' };
  const records = members.filter((place) => !outside.has(place));
  const narrowed = outside.size === 0 ? css : narrow(scene.page, { css, records }, required);
  if (narrowed === undefined)
    return { because: 'What stands between the records cannot be told apart.' };
  if (!isPlausibleCount(view, failing, records.length))
    return { because: `${records.length} records would be too few or too many.` };
  if (hasStrangers(scene, records, fields, members))
    return { because: 'Some of the records were on the good page, and were no records there.' };
  const answer = checked(scene, fields, { group, css: narrowed });
  return 'because' in answer
    ? answer
    : { records: records.map(({ index }) => index).join(' '), proposal: answer };
}

/** Headings and advertisements between the records have hardly any of their fields; records are what has one that those lack. */
function narrow(
  page: ListPage,
  { css, records }: { readonly css: string; readonly records: readonly Place[] },
  required: readonly FoundField[],
): string | undefined {
  return required
    .flatMap(({ locator }) => (locator !== undefined && 'css' in locator ? [locator] : []))
    .map((inner) => `${css}:has(${inner.css}${inner.attr === undefined ? '' : `[${inner.attr}]`})`)
    .filter((narrowed) => !narrowed.includes(':scope'))
    .find((narrowed) => {
      const found = membersOf(page, narrowed);
      return found.length === records.length && found.every((place, at) => place === records[at]);
    });
}

interface Wanted {
  readonly members: readonly Place[];
  readonly names: readonly string[];
  readonly joins: ReadonlyMap<Place, number>;
}

function findFields(
  { view, page, known }: Scene,
  { members, names, joins }: Wanted,
): readonly FoundField[] | { readonly because: string } {
  const search: ListSearch = {
    page,
    members,
    known,
    before: members.map((place) => known[joins.get(place) ?? -1]),
    contradicts: (name, locator) => contradicts(view, name, locator),
  };
  const found: FoundField[] = [];
  for (const name of names) {
    const field = view.spec.fields[name];
    if (field === undefined) continue;
    const answer = findField(search, name, field);
    if ('column' in answer) found.push(answer);
    else if (isMissed(search, name, field)) return answer;
  }
  return found;
}

/** A fix that loses a field is none, unless hardly any record had it and it is gone from these. */
function isMissed(search: ListSearch, name: string, field: FieldSpec): boolean {
  const joined = joinedIn(search);
  const had = joined.filter(({ before }) => before[name] !== undefined);
  return (
    field.required ||
    had.length * 2 > joined.length ||
    isStillThere(search.page, joined, name, field)
  );
}

/** Where a field would be read from on good pages, something else may stand. */
function contradicts(
  view: EvidenceView,
  name: string,
  locator: CssLocator | AnchorLocator,
): boolean {
  const field = view.spec.fields[name];
  return view.good.slice(0, MAX_GOOD).some((sample) => {
    const page = openList(sample, view.spec);
    const members = page === undefined ? [] : keptRecords(view.spec, page);
    if (page === undefined || field === undefined || members.length !== sample.records.length)
      return false;
    return columnOf(page, members, field, locator).some((value, at) => {
      const old = sample.records[at]?.[name];
      return value !== undefined && (old === undefined || !sameValue(value, old, field.type));
    });
  });
}

const MAX_GOOD = 3;

/** New records that the good page of the same address shows beside its records: teasers, then and now. */
function hasStrangers(
  { view, failing, known }: Scene,
  records: readonly Place[],
  fields: readonly FoundField[],
  members: readonly Place[],
): boolean {
  const shown = new Set(
    view.good
      .filter(({ url }) => url === failing.url)
      .flatMap(
        (sample) =>
          openList(sample, view.spec)?.facts.blocks.map(({ text }) => bareValue(text, 'text')) ??
          [],
      ),
  );
  const texts = fields.filter(
    ({ name }) => view.spec.fields[name]?.type === 'text' && view.spec.fields[name]?.required,
  );
  const old = new Set(
    texts.flatMap(({ name }) =>
      known.flatMap((record) => listOf(record[name]).map((value) => bareValue(value, 'text'))),
    ),
  );
  return texts.some(({ column }) =>
    members.some((place, at) => {
      const keys = records.includes(place)
        ? listOf(column[at]).map((one) => bareValue(one, 'text'))
        : [];
      return keys.some((key) => key.length >= 6 && shown.has(key) && !old.has(key));
    }),
  );
}

interface Basis {
  readonly group: RecordGroup;
  /** Of the records, where it is new. */
  readonly css?: string;
}

function checked(
  { view, failing, rival }: Scene,
  fields: readonly FoundField[],
  basis: Basis,
): ListAnswer {
  const { css } = basis;
  const moved = fields.filter(({ locator }) => locator !== undefined);
  const patch: readonly PatchOperation[] = [
    ...(css === undefined ? [] : [recordsInFront({ css }, true)]),
    ...moved.flatMap(({ name, locator }) =>
      locator === undefined ? [] : [inFront(name, locator)],
    ),
  ];
  if (patch.length === 0) return { because: 'The records and their fields are where they were.' };
  const because = objectionToList(view, patch);
  if (because !== undefined) return { because };
  const { coverage, joins } = basis.group;
  const equal = Math.min(1, ...fields.map((one) => one.equal));
  const where = css === undefined ? '' : ` The records are found by "${css}" now.`;
  const names =
    moved.length === 0
      ? ''
      : ` New places inside of them: ${moved.map(({ name }) => `"${name}"`).join(', ')}.`;
  return {
    patch,
    features: {
      margin: Math.max(0, Math.min(1, (coverage - rival) * equal)),
      known: Math.min(1, joins.size / Math.max(1, usualCount(view, failing))),
      equal,
    },
    explains: `${joins.size} known records stand on "${failing.url}" again.${where}${names}`.slice(
      0,
      590,
    ),
  };
}
