import { readValue } from '../../../adapters/extraction/values.ts';
import type {
  FieldSpec,
  FieldValue,
  Locator,
} from '../../../workflows/collection/extraction-spec.ts';
import { cheapestAssignment } from '../assignment.ts';
import type { EvidenceView } from '../contract.ts';
import { leavesOf, type Scalar } from './leaves.ts';
import { nameSimilarity, splitPath } from './names.ts';
import { fits, learnProfile } from './profile.ts';
import { bareValue, isDistinctive } from './same-value.ts';

/** Where a field lies in the objects of a payload. */
export interface FieldMatch {
  readonly field: string;
  readonly path: string;
  /** 0..1: old values that reappear, type and range, name, parent. */
  readonly score: number;
  /** Ahead of the next place that holds other values, 0..1. */
  readonly margin: number;
  /** Share of the values here that some good record had. */
  readonly overlap: number;
  /** Distinct values of these that hardly appear by chance. */
  readonly telling: number;
  readonly nameLikeness: number;
  /** Share of the objects that have a valid value here. */
  readonly presence: number;
}

/**
 * Finds for each field its path in `items`, each path for one field only: the cheapest assignment over overlap of values, type and range,
 * name and parent. `taken` are paths that other fields read already.
 */
export function matchFields(
  view: EvidenceView,
  fields: readonly string[],
  items: readonly unknown[],
  taken: ReadonlySet<string> = new Set(),
): readonly FieldMatch[] {
  const leaves = items.slice(0, MAX_ITEMS).map((item) => leavesOf(item, MAX_LEAVES));
  const paths = [...new Set(leaves.flatMap((one) => [...one.keys()]))]
    .filter((path) => path !== '' && !taken.has(path))
    .slice(0, MAX_PATHS);
  if (paths.length === 0 || fields.length === 0) return [];
  const columns = paths.map((path) => ({ path, rows: leaves.map((one) => one.get(path)) }));
  const table = fields.map((name) => columns.map((column) => rate(view, name, column)));
  const chosen = cheapestAssignment(table.map((row) => row.map(({ score }) => 1 - score)));
  return fields.flatMap((field, at) => {
    const best = table[at]?.[chosen[at] ?? -1];
    if (best === undefined) return [];
    const rivals = (table[at] ?? []).filter((one) => one.signature !== best.signature);
    const second = rivals.reduce((most, { score }) => Math.max(most, score), 0);
    const { signature: _, ...match } = best;
    return [{ ...match, field, margin: Math.max(0, best.score - second) }];
  });
}

/** Paths that the fields which do not fail read. */
export function takenPaths(view: EvidenceView): ReadonlySet<string> {
  const others = Object.entries(view.spec.fields).filter(
    ([name]) => !view.failingFields.includes(name),
  );
  return new Set(others.flatMap(([, field]) => jsonPaths(field)));
}

/** The paths of a field's locators, first one first. */
export function jsonPaths({ locators }: FieldSpec): readonly string[] {
  return locators.flatMap((locator: Locator) =>
    'json' in locator ? [locator.json] : 'structured' in locator ? [locator.path] : [],
  );
}

const MAX_ITEMS = 300;
const MAX_LEAVES = 2_000;
const MAX_PATHS = 400;

interface Column {
  readonly path: string;
  readonly rows: readonly (readonly Scalar[] | undefined)[];
}

type Rated = Omit<FieldMatch, 'field' | 'margin'> & { readonly signature: string };

function rate(view: EvidenceView, name: string, { path, rows }: Column): Rated {
  const field = view.spec.fields[name];
  const readings = rows.flatMap((row) => (row && field ? [valid(row, field)] : []));
  const present = readings.filter((values) => values.length > 0);
  const presence = present.length / Math.max(1, rows.length);
  const records = view.good.flatMap((sample) => sample.records);
  const profile = learnProfile(records, name);
  const old = new Set(
    records
      .flatMap((record) => record[name] ?? [])
      .map((value) => bareValue(value, field?.type ?? 'text')),
  );
  const flat = present.flat();
  const known = flat.filter((value) => old.has(bareValue(value, field?.type ?? 'text')));
  const overlap = flat.length === 0 ? 0 : known.length / flat.length;
  const reading = (values: readonly FieldValue[]) =>
    field?.cardinality === 'many' ? values : (values[0] ?? '');
  const alike = profile
    ? present.filter((values) => fits(profile, reading(values))).length /
      Math.max(1, present.length)
    : 0.5;
  const [parent, key] = splitPath(path);
  const [oldParent, oldKey] = splitPath((field && jsonPaths(field)[0]) ?? '');
  const nameLikeness = Math.max(nameSimilarity(name, key), nameSimilarity(oldKey, key));
  const parents = parent === oldParent ? 1 : nameSimilarity(parent, oldParent);
  const score =
    presence === 0
      ? 0
      : presence * (0.55 * overlap + 0.15 * alike + 0.2 * nameLikeness + 0.1 * parents);
  const telling = new Set(known.filter((value) => isDistinctive(value))).size;
  const signature = JSON.stringify(rows);
  return { path, score, overlap, telling, nameLikeness, presence, signature };
}

function valid(row: readonly Scalar[], field: FieldSpec): readonly FieldValue[] {
  const wanted = field.cardinality === 'one' ? row.slice(0, 1) : row.slice(0, MAX_ITEMS);
  return wanted.flatMap((one) => {
    const reading = readValue({ text: String(one) }, field, 'https://localhost/');
    return 'value' in reading ? [reading.value] : [];
  });
}
