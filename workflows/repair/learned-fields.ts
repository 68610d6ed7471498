import type { ExtractedRecord, ExtractionSpec, FieldValue } from '../collection/extraction-spec.ts';

/** What good runs taught about the values of a field: the oracle where values may change. */
export interface LearnedField {
  /** Share of records with a value, 0..1. */
  readonly rate: number;
  /** Of numbers, and of the time in dates; texts count their length. */
  readonly min: number;
  readonly max: number;
  readonly kind: 'number' | 'time' | 'length' | 'flag';
  /** Values that taught this: one title says little about how long titles are. */
  readonly known: number;
  readonly minItems: number;
  readonly maxItems: number;
  /** The only values there were, while they are few and came often. */
  readonly values?: readonly string[];
}

export type LearnedFields = Readonly<Record<string, LearnedField>>;

/** What the records of good runs say of each field of the spec; fields that no record has, or of mixed kinds, are left out. */
export function learnFields(
  spec: ExtractionSpec,
  records: readonly ExtractedRecord[],
): LearnedFields {
  const entries = Object.keys(spec.fields).flatMap((field) => {
    const learned = learn(
      records.flatMap((record) => lists(record[field])),
      records.length,
    );
    return learned ? [[field, learned] as const] : [];
  });
  return Object.fromEntries(entries);
}

/**
 * A value that looks like those that were there before: kind, range with a margin of half its width (more where few values are known),
 * items, and the few values. In a list one of five may look otherwise.
 */
export function looksLearned(
  learned: LearnedField,
  value: FieldValue | readonly FieldValue[],
): boolean {
  const items = itemsOf(value);
  if (items.length > Math.max(1, learned.maxItems * 2)) return false;
  const odd = items.filter((item) => !isAlike(learned, item)).length;
  return odd <= items.length * MAY_DIFFER;
}

const MAY_DIFFER = 0.2;

function isAlike({ kind, min, max, known, values }: LearnedField, item: FieldValue): boolean {
  const size = sizeOf(item);
  if (size.kind !== kind) return false;
  if (values && !values.includes(String(item))) return false;
  const margin = Math.max((max - min) / 2, Math.abs(max) * 0.1, kind === 'time' ? YEAR_MS : 0);
  if (size.size >= min - margin && size.size <= max + margin) return true;
  // Lengths and amounts vary by factors, and the fewer of them are known, the more.
  const factor = 1 + THIN / Math.sqrt(Math.max(1, known));
  return kind !== 'time' && size.size >= min / factor && size.size <= max * factor;
}

const YEAR_MS = 366 * 86_400_000;
const THIN = 3;

function learn(
  lists: readonly (readonly FieldValue[])[],
  records: number,
): LearnedField | undefined {
  const items = lists.flat();
  const [first] = items;
  if (first === undefined) return undefined;
  const { kind } = sizeOf(first);
  if (items.some((item) => sizeOf(item).kind !== kind)) return undefined;
  const sizes = items.map((item) => sizeOf(item).size);
  const counts = lists.map((list) => list.length);
  const values = fewValues(items);
  return {
    rate: lists.length / records,
    min: least(sizes),
    max: -least(sizes.map((size) => -size)),
    kind,
    known: items.length,
    minItems: least(counts),
    maxItems: -least(counts.map((count) => -count)),
    ...(values ? { values } : {}),
  };
}

/** A field is an enumeration when five times as many values came as differ: sizes, states, currencies. */
function fewValues(items: readonly FieldValue[]): readonly string[] | undefined {
  if (items.some((item) => typeof item === 'number')) return undefined;
  const distinct = [...new Set(items.map(String))];
  return items.length >= 20 && items.length >= distinct.length * 5
    ? distinct.toSorted()
    : undefined;
}

function sizeOf(item: FieldValue): Pick<LearnedField, 'kind'> & { readonly size: number } {
  if (typeof item === 'number') return { kind: 'number', size: item };
  if (typeof item === 'boolean') return { kind: 'flag', size: 0 };
  const timeMs = ISO_DATE.test(item) ? Date.parse(item) : Number.NaN;
  return Number.isNaN(timeMs)
    ? { kind: 'length', size: item.length }
    : { kind: 'time', size: timeMs };
}

const ISO_DATE = /^\d{4}-\d\d-\d\d/;

function lists(
  value: FieldValue | readonly FieldValue[] | undefined,
): readonly (readonly FieldValue[])[] {
  if (value === undefined || value === '') return [];
  const items = itemsOf(value);
  return items.length > 0 ? [items] : [];
}

function itemsOf(value: FieldValue | readonly FieldValue[]): readonly FieldValue[] {
  return Array.isArray(value) ? (value as readonly FieldValue[]) : [value as FieldValue];
}

/** Never spread: a list of records may be longer than a call's arguments may be. */
function least(numbers: readonly number[]): number {
  return numbers.reduce((low, one) => Math.min(low, one), Infinity);
}
