import type {
  ExtractedRecord,
  ExtractionSpec,
} from '../../../workflows/collection/extraction-spec.ts';
import { bareValue } from './same-value.ts';

/** The same thing then and now. */
export interface Pair {
  readonly before: ExtractedRecord;
  readonly now: ExtractedRecord;
}

/** A page and the records on it. */
export interface PageRecords {
  readonly url: string;
  readonly records: readonly ExtractedRecord[];
}

/**
 * Joins what was with what is: pages by their address where a page is one record, else records by the field that tells them apart best.
 * `without` must not decide, since it is what may be wrong. Each record has one partner at most.
 */
export function joinRecords(
  spec: ExtractionSpec,
  before: readonly PageRecords[],
  now: readonly PageRecords[],
  without: ReadonlySet<string> = new Set(),
): readonly Pair[] {
  if (spec.records === undefined) return joinPages(before, now);
  const [old, current] = [
    before.flatMap(({ records }) => records),
    now.flatMap((one) => one.records),
  ];
  const keys = Object.keys(spec.fields).filter((name) => isKey(spec, name) && !without.has(name));
  const joins = keys.map((name) => joinBy(name, spec, old, current));
  return joins.reduce<readonly Pair[]>((best, one) => (one.length > best.length ? one : best), []);
}

function joinPages(before: readonly PageRecords[], now: readonly PageRecords[]): readonly Pair[] {
  const old = new Map(before.toReversed().map(({ url, records }) => [url, records[0]]));
  return now.flatMap(({ url, records: [record] }) => {
    const partner = old.get(url);
    return partner === undefined || record === undefined ? [] : [{ before: partner, now: record }];
  });
}

function isKey({ fields }: ExtractionSpec, name: string): boolean {
  const field = fields[name];
  return field?.cardinality === 'one' && ['text', 'url', 'integer', 'number'].includes(field.type);
}

function joinBy(
  name: string,
  spec: ExtractionSpec,
  before: readonly ExtractedRecord[],
  now: readonly ExtractedRecord[],
): readonly Pair[] {
  const old = uniqueBy(name, spec, before);
  return [...uniqueBy(name, spec, now)].flatMap(([key, record]) => {
    const partner = old.get(key);
    return partner === undefined ? [] : [{ before: partner, now: record }];
  });
}

/** Records of different pages may be the same one, newest first; two of one value that differ otherwise are no key. */
function uniqueBy(
  name: string,
  { fields }: ExtractionSpec,
  records: readonly ExtractedRecord[],
): ReadonlyMap<string, ExtractedRecord> {
  const type = fields[name]?.type ?? 'text';
  const found = new Map<string, ExtractedRecord>();
  let repeated = 0;
  for (const record of records) {
    const value = record[name];
    if (value === undefined || Array.isArray(value)) continue;
    const key = bareValue(value as string, type);
    if (key === '') continue;
    const known = found.get(key);
    if (known === undefined) found.set(key, record);
    else if (JSON.stringify(known) !== JSON.stringify(record)) repeated += 1;
  }
  return repeated > found.size * MAX_REPEATED ? new Map() : found;
}

/** Samples of several runs repeat a record with another price; within a page an id that repeats is none. */
const MAX_REPEATED = 4;
