import type { ExtractedRecord, FieldValue } from '../../../workflows/collection/extraction-spec.ts';

/** What the values of a field looked like when all was well. */
export interface FieldProfile {
  /** Share of the records that have the field. */
  readonly presence: number;
  readonly known: number;
  readonly distinct: number;
  readonly numbers?: Range;
  /** Of texts, in UTF-16 units. */
  readonly lengths?: Range;
  /** Of dates, where all values are some: ISO 8601 says the same day in several lengths. */
  readonly years?: Range;
  readonly items: Range;
  /** Hosts of addresses, where all values are some. */
  readonly hosts?: ReadonlySet<string>;
  readonly hasMarkup: boolean;
  readonly hasLetters: boolean;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Learns from good records. Undefined when none of them has the field. */
export function learnProfile(
  records: readonly ExtractedRecord[],
  field: string,
): FieldProfile | undefined {
  const readings = records.flatMap((record) => {
    const value = record[field];
    return value === undefined ? [] : [listOf(value)];
  });
  const values = readings.flat().slice(0, MAX_VALUES);
  if (values.length === 0) return undefined;
  const texts = values.filter((value) => typeof value === 'string');
  const numbers = rangeOf(values.filter((value) => typeof value === 'number'));
  const lengths = rangeOf(texts.map((text) => text.length));
  const years = rangeOf(texts.map(yearOf));
  const hosts = new Set(texts.map((text) => URL.parse(text)?.host ?? ''));
  return {
    presence: readings.length / records.length,
    known: values.length,
    distinct: new Set(values).size,
    ...(numbers ? { numbers } : {}),
    ...(lengths ? { lengths } : {}),
    ...(years && Number.isFinite(years.min + years.max) ? { years } : {}),
    items: rangeOf(readings.map((list) => list.length)) ?? { min: 1, max: 1 },
    ...(hosts.size > 0 && !hosts.has('') ? { hosts } : {}),
    hasMarkup: texts.some(isMarkup),
    hasLetters: texts.some((text) => /\p{L}/u.test(text)),
  };
}

/** Does a reading look like the ones before? Ranges are widened, for what has been seen is never all. */
export function fits(profile: FieldProfile, value: FieldValue | readonly FieldValue[]): boolean {
  const list = listOf(value);
  if (list.length === 0 || list.length > profile.items.max * 3 + 3) return false;
  return list.every((one) => fitsOne(profile, one));
}

const MAX_VALUES = 10_000;

function listOf(value: FieldValue | readonly FieldValue[]): readonly FieldValue[] {
  return Array.isArray(value) ? (value as readonly FieldValue[]) : [value as FieldValue];
}

function rangeOf(numbers: readonly number[]): Range | undefined {
  if (numbers.length === 0) return undefined;
  return numbers.reduce<Range>(
    ({ min, max }, one) => ({ min: Math.min(min, one), max: Math.max(max, one) }),
    { min: Infinity, max: -Infinity },
  );
}

function fitsOne(profile: FieldProfile, value: FieldValue): boolean {
  if (typeof value === 'number') return isNumberWithin(profile.numbers, value);
  if (typeof value === 'boolean') return profile.numbers === undefined && !profile.lengths;
  if (profile.lengths === undefined) return false;
  if (profile.years !== undefined) {
    const year = yearOf(value);
    return year >= profile.years.min - MORE_YEARS && year <= profile.years.max + MORE_YEARS;
  }
  const { min, max } = profile.lengths;
  if (value.length < min / 4 || value.length > max * 4 + 20) return false;
  if (!profile.hasMarkup && isMarkup(value)) return false;
  if (profile.hasLetters !== /\p{L}/u.test(value) && profile.known >= 3) return false;
  return profile.hosts === undefined || profile.hosts.has(URL.parse(value)?.host ?? '');
}

function isNumberWithin(range: Range | undefined, value: number): boolean {
  if (range === undefined) return false;
  if (range.min >= 0) return value >= range.min / WIDER && value <= range.max * WIDER;
  const span = Math.max(Math.abs(range.min), Math.abs(range.max)) * WIDER;
  return Math.abs(value) <= span;
}

const WIDER = 4;
const MORE_YEARS = 15;

/** Not a number for what is no date. */
function yearOf(text: string): number {
  return /^\d{4}-\d{2}-\d{2}(?:$|T)/u.test(text) ? Number(text.slice(0, 4)) : Number.NaN;
}

/** Markup or JSON, where text was. */
function isMarkup(text: string): boolean {
  return /^\s*(?:<[a-z!/]|\{"|\[[{"])/iu.test(text);
}
