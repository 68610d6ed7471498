import { parsePath, valuesAt } from '../../../adapters/extraction/json-path.ts';
import { readValue } from '../../../adapters/extraction/values.ts';
import type {
  ExtractedRecord,
  FieldValue,
  Locator,
} from '../../../workflows/collection/extraction-spec.ts';
import { isMap } from '../../../workflows/is-map.ts';
import type { PatchOperation } from '../../../workflows/repair/patch.ts';
import type { EvidenceView, Proposal } from '../contract.ts';
import { jsonPaths, matchFields, type FieldMatch } from './field-match.ts';
import { inFront, recordsInFront, shownLocator } from './in-front.ts';
import { objectLists } from './leaves.ts';
import { bareValue, isDistinctive } from './same-value.ts';

/** A JSON value of one page, and how a locator reaches a path in it. */
export interface Root {
  readonly page: number;
  readonly value: unknown;
  readonly locate: (path: string) => Locator;
}

export interface ListFinding {
  readonly proposal?: Proposal;
  readonly because?: string;
}

/**
 * Finds the list whose elements are the records: they have the fields, or at least their old values, they are about as many as before, and
 * their ids are known. On every failing page the same locator must find them.
 */
export function findRecordList(view: EvidenceView, roots: readonly Root[]): ListFinding {
  const lists = listsOf(roots)
    .map((list) => rateList(view, list))
    .filter(({ fields }) => fields !== undefined)
    .toSorted((a, b) => b.score - a.score);
  const [best, second] = lists;
  if (best?.fields === undefined || best.score < MIN_SCORE) {
    return { because: 'No list of the payload has elements that look like the records.' };
  }
  const pages = new Set(roots.map(({ page }) => page)).size;
  if (best.list.pages.size < pages) {
    return { because: 'The likeliest list of records is not on every failing page.' };
  }
  const margin = best.score - (second?.score ?? 0);
  if (margin < MIN_MARGIN) {
    return {
      because: `Two lists may be the records: ${shownLocator(best.list.locator)} and ${shownLocator(second?.list.locator ?? best.list.locator)}.`,
    };
  }
  return { proposal: proposalOf(view, best.list, { ...best, fields: best.fields, margin }) };
}

const MIN_SCORE = 0.55;
const MIN_MARGIN = 0.12;
const MAX_LISTS = 60;

interface FoundList {
  readonly locator: Locator;
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly pages: ReadonlySet<number>;
}

interface RatedList {
  readonly list: FoundList;
  readonly score: number;
  readonly known: number;
  /** New places of fields; undefined when a required one is missing. */
  readonly fields?: readonly PatchOperation[];
}

function listsOf(roots: readonly Root[]): readonly FoundList[] {
  const found = new Map<string, FoundList>();
  for (const { page, value, locate } of roots) {
    for (const { path, items } of objectLists(value).slice(0, MAX_LISTS)) {
      const locator = locate(path);
      const key = JSON.stringify(locator);
      const known = found.get(key);
      found.set(key, {
        locator,
        items: [...(known?.items ?? []), ...items],
        pages: new Set([...(known?.pages ?? []), page]),
      });
    }
  }
  return [...found.values()].slice(0, MAX_LISTS);
}

function rateList(view: EvidenceView, list: FoundList): RatedList {
  const { fields } = view.spec;
  const names = Object.keys(fields);
  const places = names.map((name) => placeOf(view, name, list.items));
  const missing = names.filter((name, at) => places[at] === undefined && fields[name]?.required);
  const records = view.good.flatMap((sample) => sample.records);
  if (missing.length > 0) {
    const matched = rematch(view, list.items, missing);
    if (matched === undefined) return { list, score: 0, known: 0 };
    const known = knownShare(view, names, places, list.items);
    return {
      list,
      ...scored(view, list, { share: 0.8, known: Math.max(known, 0.9) }),
      fields: matched,
    };
  }
  const share = places.filter((one) => one !== undefined).length / names.length;
  const known = knownShare(view, names, places, list.items);
  // Without good records nothing can be compared; the fields alone must do.
  const rated = scored(view, list, { share, known: records.length === 0 ? 0.5 : known });
  return { list, ...rated, fields: newPlaces(view, names, places) };
}

function scored(
  view: EvidenceView,
  { items, pages }: FoundList,
  { share, known }: { readonly share: number; readonly known: number },
): { readonly score: number; readonly known: number } {
  const before = view.good.map((sample) => sample.records.length).filter((count) => count > 0);
  const usual = before.reduce((sum, one) => sum + one, 0) / Math.max(1, before.length);
  const now = items.length / Math.max(1, pages.size);
  const likeness = usual === 0 ? 0.5 : Math.min(now, usual) / Math.max(now, usual);
  return { score: 0.5 * share + 0.35 * known + 0.15 * likeness, known };
}

/** The old path of a field, when most elements have a valid value there. */
function placeOf(view: EvidenceView, name: string, items: FoundList['items']): string | undefined {
  const field = view.spec.fields[name];
  const paths = field === undefined ? [] : jsonPaths(field);
  return paths.find((path) => {
    const there = items
      .slice(0, MAX_ITEMS)
      .filter((item) => valueOf(view, name, item, path) !== undefined);
    return there.length >= 0.9 * Math.min(items.length, MAX_ITEMS);
  });
}

const MAX_ITEMS = 200;

function valueOf(
  view: EvidenceView,
  name: string,
  item: unknown,
  path: string,
): FieldValue | undefined {
  const field = view.spec.fields[name];
  const steps = parsePath(path);
  if (field === undefined || steps === undefined) return undefined;
  const [first] = valuesAt(item, steps).flat();
  const scalar = isMap(first) ? first['@value'] : first;
  if (!['string', 'number', 'boolean'].includes(typeof scalar)) return undefined;
  const reading = readValue({ text: String(scalar) }, field, view.failing[0]?.finalUrl ?? '');
  return 'value' in reading ? reading.value : undefined;
}

/** Share of the elements whose telling values some good record had. */
function knownShare(
  view: EvidenceView,
  names: readonly string[],
  places: readonly (string | undefined)[],
  items: FoundList['items'],
): number {
  const records = view.good.flatMap((sample) => sample.records);
  const shares = names.map((name, at) => {
    const path = places[at];
    if (path === undefined) return 0;
    const old = oldValues(view, name, records);
    const values = items
      .slice(0, MAX_ITEMS)
      .flatMap((item) => valueOf(view, name, item, path) ?? []);
    const known = values.filter(
      (value) =>
        isDistinctive(value) && old.has(bareValue(value, view.spec.fields[name]?.type ?? 'text')),
    );
    return known.length / Math.max(1, Math.min(items.length, MAX_ITEMS));
  });
  return Math.max(0, ...shares);
}

function oldValues(
  { spec }: EvidenceView,
  name: string,
  records: readonly ExtractedRecord[],
): ReadonlySet<string> {
  const type = spec.fields[name]?.type ?? 'text';
  return new Set(
    records.flatMap((record) => record[name] ?? []).map((value) => bareValue(value, type)),
  );
}

/** Fields that lie elsewhere than their own locators say: all of them by their old values, or none. */
function rematch(
  view: EvidenceView,
  items: FoundList['items'],
  missing: readonly string[],
): readonly PatchOperation[] | undefined {
  const names = Object.keys(view.spec.fields);
  const matches = matchFields(view, names, items);
  const sure = matches.filter((match) => isSure(view, match));
  const optional = matches.filter(
    (match) =>
      !sure.includes(match) &&
      match.overlap >= 0.8 &&
      match.presence >= 0.9 &&
      match.margin >= 0.1 &&
      match.nameLikeness >= 0.5,
  );
  const found = [...sure, ...(sure.length > 0 ? optional : [])];
  if (!missing.every((name) => found.some(({ field }) => field === name))) return undefined;
  return found
    .filter(({ field, path }) => !reads(view, field, path))
    .map(({ field, path }) => inFront(field, { json: path }));
}

function isSure(view: EvidenceView, match: FieldMatch): boolean {
  const { field, overlap, telling, presence, margin, nameLikeness } = match;
  if (telling < 2 || presence < 0.9 || margin < 0.1) return false;
  const mayChange = view.spec.fields[field]?.stable === false;
  return overlap >= 0.8 || (mayChange && nameLikeness >= 0.75 && overlap >= 0.3);
}

function reads({ spec }: EvidenceView, name: string, path: string): boolean {
  return (spec.fields[name]?.locators ?? []).some((one) => 'json' in one && one.json === path);
}

/** Fields whose path stands in a locator of another kind. */
function newPlaces(
  view: EvidenceView,
  names: readonly string[],
  places: readonly (string | undefined)[],
): readonly PatchOperation[] {
  return names.flatMap((name, at) => {
    const path = places[at];
    return path === undefined || reads(view, name, path) || isStructured(view, name, path)
      ? []
      : [inFront(name, { json: path })];
  });
}

/** Inside a record that is a value, only the path of a structured locator counts. */
function isStructured({ spec }: EvidenceView, name: string, path: string): boolean {
  return (spec.fields[name]?.locators ?? []).some(
    (one) => 'structured' in one && one.path === path,
  );
}

function proposalOf(
  view: EvidenceView,
  { locator, items }: FoundList,
  {
    fields,
    margin,
    known,
  }: RatedList & { readonly fields: readonly PatchOperation[]; readonly margin: number },
): Proposal {
  const moved = fields.length === 0 ? '' : ` ${fields.length} fields have new places in them.`;
  return {
    patch: [recordsInFront(locator, view.spec.records !== undefined), ...fields],
    features: { margin: Math.min(1, margin / 0.5), known },
    explains: `The records moved to ${shownLocator(locator)}: ${items.length} elements, ${Math.round(known * 100)} % of them known by their values.${moved}`,
  };
}
