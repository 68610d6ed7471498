import type { ViolationKind } from '../collection/extraction-spec.ts';
import type { FailureName } from '../failures.ts';

/** What one run has found in the pages of a web source, counted: what the detectors look at. Pages that were not modified count apart, since nothing was read of them. */
export interface RunSummary extends ExtractionTally {
  readonly run: string;
  /** `running` until the end of the run is written. */
  readonly status: 'running' | 'succeeded' | 'partial' | 'failed' | 'held';
  /** Who or what started it: `schedule`, `manual`, `shadow`. */
  readonly trigger: string;
  /** When its end was written; now, while it runs. */
  readonly endedAtMs: number;
  /** Of the extraction that was in force; empty where the source has none. */
  readonly specDigest: string;
}

/** Counts that add up: of two parts of a run, `addTallies` gives those of the whole. */
export interface ExtractionTally {
  /** Pages that were asked for and judged: read, empty or failed. */
  readonly pages: number;
  /** Pages whose content is as the run before has read it (304, or by the sitemap). */
  readonly unmodified: number;
  readonly records: number;
  /** Pages on which the list of records itself was not found. */
  readonly listsMissing: number;
  /** Pages that gave at least one record without a required field, or were refused whole. */
  readonly failedPages: number;
  readonly fields: readonly FieldTally[];
  /** Pages by the name of what was wrong with them. */
  readonly failures: Readonly<Partial<Record<FailureName, number>>>;
}

/** One field over all records of the run: `present` + `missing` are the records in which it was looked for. */
export interface FieldTally {
  readonly name: string;
  readonly required: boolean;
  readonly present: number;
  readonly missing: number;
  /** Those of `missing` where a locator matched, but nothing of use was in it. */
  readonly empty: number;
  /** Records by the position of the locator that served them. */
  readonly served: readonly number[];
  readonly violations: Readonly<Partial<Record<ViolationKind, number>>>;
  /** Of values that are numbers. */
  readonly numeric?: Spread;
  /** Characters of values that are texts. */
  readonly length?: Spread;
  /** Values in a record, where the field may have many. */
  readonly items?: Spread;
  /** Records by the form of their first value, such as `99.99 AA` or `https:…`; beyond eight forms, under `other`. */
  readonly forms: Readonly<Record<string, number>>;
}

export interface Spread {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export const NO_TALLY: ExtractionTally = {
  pages: 0,
  unmodified: 0,
  records: 0,
  listsMissing: 0,
  failedPages: 0,
  fields: [],
  failures: {},
};

/** The counts of both together; fields in the order of their names. */
export function addTallies(one: ExtractionTally, other: ExtractionTally): ExtractionTally {
  return {
    pages: one.pages + other.pages,
    unmodified: one.unmodified + other.unmodified,
    records: one.records + other.records,
    listsMissing: one.listsMissing + other.listsMissing,
    failedPages: one.failedPages + other.failedPages,
    fields: addFields(one.fields, other.fields),
    failures: addCounts(one.failures, other.failures),
  };
}

function addFields(
  one: readonly FieldTally[],
  other: readonly FieldTally[],
): readonly FieldTally[] {
  const fields = new Map(one.map((field) => [field.name, field]));
  for (const field of other) {
    const before = fields.get(field.name);
    fields.set(field.name, before === undefined ? field : addField(before, field));
  }
  return [...fields.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function addField(one: FieldTally, other: FieldTally): FieldTally {
  const numeric = addSpreads(one.numeric, other.numeric);
  const length = addSpreads(one.length, other.length);
  const items = addSpreads(one.items, other.items);
  return {
    name: one.name,
    required: one.required || other.required,
    present: one.present + other.present,
    missing: one.missing + other.missing,
    empty: one.empty + other.empty,
    served: addLists(one.served, other.served),
    violations: addCounts(one.violations, other.violations),
    ...(numeric ? { numeric } : {}),
    ...(length ? { length } : {}),
    ...(items ? { items } : {}),
    forms: addForms(one.forms, other.forms),
  };
}

function addLists(one: readonly number[], other: readonly number[]): readonly number[] {
  const longer = one.length >= other.length ? one : other;
  return longer.map((_, index) => (one[index] ?? 0) + (other[index] ?? 0));
}

function addSpreads(one: Spread | undefined, other: Spread | undefined): Spread | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    count: one.count + other.count,
    sum: one.sum + other.sum,
    min: Math.min(one.min, other.min),
    max: Math.max(one.max, other.max),
  };
}

function addCounts<Name extends string>(
  one: Readonly<Partial<Record<Name, number>>>,
  other: Readonly<Partial<Record<Name, number>>>,
): Readonly<Partial<Record<Name, number>>> {
  const sum: Partial<Record<Name, number>> = { ...one };
  for (const [name, count] of Object.entries<number | undefined>(other) as [Name, number][])
    sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** Which eight are kept hangs on the counts and then on the names alone, as far as it can: parts have forgotten what they had too many of. */
function addForms(
  one: FieldTally['forms'],
  other: FieldTally['forms'],
): Readonly<Record<string, number>> {
  const { [OTHER_FORMS]: rest = 0, ...named } = addCounts(one, other);
  const ranked = Object.entries<number | undefined>(named)
    .map(([form, count = 0]) => ({ form, count }))
    .toSorted((a, b) => b.count - a.count || (a.form < b.form ? -1 : 1));
  const lost = ranked.slice(MAX_FORMS).reduce((sum, { count }) => sum + count, rest);
  const kept = ranked.slice(0, MAX_FORMS).map(({ form, count }) => [form, count] as const);
  return Object.fromEntries(lost > 0 ? [...kept, [OTHER_FORMS, lost] as const] : kept);
}

const MAX_FORMS = 8;
const OTHER_FORMS = 'other';
