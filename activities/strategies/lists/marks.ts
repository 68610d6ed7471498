import type {
  ExtractedRecord,
  ExtractionSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import { bareValue, isDistinctive } from '../evidence/same-value.ts';
import type { Place } from '../relocate/page-map.ts';
import { listOf } from './known-records.ts';
import { valueAttributes, type ListPage } from './list-page.ts';

/** Which fields of which known records stand in each element, as bits; by the index of its place. */
export interface Marks {
  readonly at: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** The same for the whole page. */
  readonly whole: ReadonlyMap<number, number>;
  /** How many records are there again: most of what tells them is. */
  readonly present: number;
}

/** Finds the old values of records on a page again. A record is told by a value that hardly appears by chance; others only add to it. */
export function marksOf(
  page: ListPage,
  spec: ExtractionSpec,
  records: readonly ExtractedRecord[],
): Marks {
  const at = new Map<number, Map<number, number>>();
  const whole = new Map<number, number>();
  const indexes = Object.keys(spec.fields)
    .slice(0, MAX_FIELDS)
    .map((name) => indexOf(spec, name, records));
  let left = MAX_STEPS;
  for (const place of page.places) {
    for (const [bit, { name, byValue }] of indexes.entries()) {
      const field = spec.fields[name];
      if (field === undefined || byValue.size === 0) continue;
      for (const attr of [undefined, ...valueAttributes(place)]) {
        const value = page.read(place, field, attr);
        if (value === undefined) continue;
        const told = byValue.get(bareValue(value, field.type));
        for (const { record, isTelling } of told ?? []) {
          const mark = (1 << bit) | (isTelling ? TELLING : 0);
          whole.set(record, (whole.get(record) ?? 0) | mark);
          left -= add(at, place, record, mark);
        }
      }
    }
    if (left < 0) break;
  }
  const possible = (record: number): number =>
    indexes.filter(({ records: told }) => told.has(record)).length;
  const present = [...whole].filter(
    ([record, mark]) => isTold(mark) && fieldsIn(mark) * 2 >= possible(record),
  ).length;
  return { at, whole, present };
}

/** Does one of its marks hardly appear by chance? */
export function isTold(marks: number): boolean {
  return (marks & TELLING) !== 0;
}

/** How many fields. */
export function fieldsIn(marks: number): number {
  let bits = marks & ~TELLING;
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}

const MAX_FIELDS = 28;
const TELLING = 1 << 29;
/** A page that repeats old values everywhere is looked at up to here. */
const MAX_STEPS = 1_000_000;
/** A value of more records tells none of them. */
const MAX_SHARED = 3;

interface Told {
  readonly record: number;
  readonly isTelling: boolean;
}

interface FieldIndex {
  readonly name: string;
  readonly byValue: ReadonlyMap<string, readonly Told[]>;
  /** Those that it may tell. */
  readonly records: ReadonlySet<number>;
}

function indexOf(
  { fields }: ExtractionSpec,
  name: string,
  records: readonly ExtractedRecord[],
): FieldIndex {
  const type = fields[name]?.type ?? 'text';
  const byValue = new Map<string, Told[]>();
  for (const [record, values] of records.entries()) {
    for (const value of listOf(values[name])) {
      const key = bareValue(value, type);
      const told = byValue.get(key) ?? [];
      const isTelling = fields[name]?.cardinality === 'one' && isDistinctive(value);
      byValue.set(key, [...told, { record, isTelling }]);
    }
  }
  const rare = [...byValue].filter(([key, told]) => key !== '' && told.length <= MAX_SHARED);
  const told = rare.flatMap(([, all]) => all.map(({ record }) => record));
  return { name, byValue: new Map(rare), records: new Set(told) };
}

/** @returns what it cost. */
function add(
  at: Map<number, Map<number, number>>,
  place: Place,
  record: number,
  mark: number,
): number {
  let steps = 0;
  for (let one: Place | undefined = place; one !== undefined; one = one.parent) {
    steps += 1;
    const there = at.get(one.index) ?? new Map<number, number>();
    const before = there.get(record) ?? 0;
    // What is marked here is marked above.
    if ((before & mark) === mark) break;
    there.set(record, before | mark);
    at.set(one.index, there);
  }
  return steps;
}
