import type {
  ExtractedRecord,
  Extraction,
  ExtractionSpec,
  FieldValue,
  Miss,
  Violation,
} from '../collection/extraction-spec.ts';
import type { FailureName } from '../failures.ts';
import { NO_TALLY, type ExtractionTally, type FieldTally, type Spread } from './run-summary.ts';

/** What became of one page. */
export interface JudgedPage {
  /** The page, or the source's own extraction, failed by this name. */
  readonly failure?: FailureName;
  /** What was found, also where it was not enough. */
  readonly extraction?: Extraction;
  readonly spec?: ExtractionSpec;
}

/** The counts of one page, to be added to those of its run. Total: whatever was extracted, it is counted. */
export function tallyPage({ failure, extraction, spec }: JudgedPage): ExtractionTally {
  const base = { ...NO_TALLY, pages: 1, ...(failure ? { failures: { [failure]: 1 } } : {}) };
  if (extraction === undefined || spec === undefined)
    return { ...base, failedPages: failure === undefined ? 0 : 1 };
  const { records, misses } = extraction;
  const incomplete = misses.some((miss) => miss.required);
  return {
    ...base,
    records: records.length,
    listsMissing: misses.some((miss) => miss.field === undefined) ? 1 : 0,
    failedPages: failure !== undefined || incomplete ? 1 : 0,
    fields: Object.keys(spec.fields)
      .toSorted()
      .map((name) => tallyField(name, extraction, spec)),
  };
}

function tallyField(name: string, extraction: Extraction, spec: ExtractionSpec): FieldTally {
  const { records, served, misses, violations } = extraction;
  const missed = misses.filter((miss) => miss.field === name);
  const lists = records.flatMap((record) => valuesOf(record, name) ?? []);
  const values = lists.flat();
  const numeric = spread(values.filter((value) => typeof value === 'number'));
  const length = spread(
    values.flatMap((value) => (typeof value === 'string' ? [value.length] : [])),
  );
  const items =
    spec.fields[name]?.cardinality === 'many'
      ? spread(records.flatMap((record) => valuesOf(record, name)?.length ?? []))
      : undefined;
  return {
    name,
    required: spec.fields[name]?.required ?? false,
    present: records.filter((record) => Object.hasOwn(record, name)).length,
    missing: missed.length,
    empty: missed.filter(hasMatched).length,
    served: servedList(served[name] ?? []),
    violations: countKinds(violations.filter((one) => one.field === name)),
    ...(numeric ? { numeric } : {}),
    ...(length ? { length } : {}),
    ...(items ? { items } : {}),
    forms: countForms(records, name),
  };
}

function valuesOf(record: ExtractedRecord, name: string): readonly FieldValue[] | undefined {
  return Object.hasOwn(record, name) ? [record[name] ?? []].flat() : undefined;
}

function hasMatched({ tried }: Miss): boolean {
  return tried.some(({ matched }) => matched > 0);
}

function servedList(services: Extraction['served'][string]): readonly number[] {
  const length = Math.max(0, ...services.map(({ locator }) => locator + 1));
  const list = Array.from({ length }, () => 0);
  for (const { locator, records } of services) list[locator] = records;
  return list;
}

function countKinds(violations: readonly Violation[]): FieldTally['violations'] {
  const counts: Partial<Record<Violation['kind'], number>> = {};
  for (const { kind } of violations) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function spread(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined;
  return numbers.reduce<Spread>(
    ({ count, sum, min, max }, value) => ({
      count: count + 1,
      sum: sum + value,
      min: Math.min(min, value),
      max: Math.max(max, value),
    }),
    { count: 0, sum: 0, min: Infinity, max: -Infinity },
  );
}

function countForms(
  records: readonly ExtractedRecord[],
  name: string,
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const record of records) {
    const [first] = valuesOf(record, name) ?? [];
    if (first === undefined) continue;
    const form = formOf(first);
    counts[form] = (counts[form] ?? 0) + 1;
  }
  return counts;
}

/** What a value looks like, without what it says: `2026-01-05` is `9-9-9`, `EUR 12.50` is `A 9.9`. Prose is `text`. */
function formOf(value: FieldValue): string {
  if (typeof value !== 'string') return typeof value;
  const scheme = /^[a-z]{2,10}:(?=\/\/)/i.exec(value)?.[0];
  if (scheme !== undefined) return scheme.toLowerCase();
  if (value.length > MAX_FORM_VALUE) return 'text';
  const form = value
    .replaceAll(/\p{Lu}[\p{L}\p{M}]*/gu, 'A')
    .replaceAll(/[\p{Ll}\p{Lo}][\p{L}\p{M}]*/gu, 'a')
    .replaceAll(/\p{N}+/gu, '9')
    .replaceAll(/\s+/g, ' ');
  return form.length > MAX_FORM ? 'text' : form.trim();
}

const MAX_FORM_VALUE = 60;
const MAX_FORM = 12;
