import type {
  Extraction,
  ExtractionSpec,
  FieldSpec,
  FieldValue,
} from '../../workflows/collection/extraction-spec.ts';
import type { GoodSample } from './contract.ts';
import { likeness, wordsOf } from './relocate/words.ts';

/**
 * Fields that one page says are failing, sorted: a required one that is missing, or a list in which the known values stand among
 * others that do not belong. A field that yields other values than before is a changed document, not a failure.
 */
export function failingFields(
  spec: ExtractionSpec,
  good: GoodSample,
  now: Extraction,
): readonly string[] {
  return Object.entries(spec.fields)
    .filter(([name, field]) => isMissing(name, field, now) || isDiluted(name, field, good, now))
    .map(([name]) => name)
    .toSorted();
}

function isMissing(name: string, field: FieldSpec, { misses }: Extraction): boolean {
  return field.required && misses.some((miss) => miss.field === name || miss.field === undefined);
}

/** All that was known is there, and much else: the selector catches more than it should. */
function isDiluted(name: string, field: FieldSpec, good: GoodSample, now: Extraction): boolean {
  if (field.cardinality === 'one' || good.records.length !== 1 || now.records.length !== 1)
    return false;
  const before = texts(good.records[0]?.[name]);
  const after = texts(now.records[0]?.[name]);
  const kept = before.filter((one) => isAmong(one, after)).length;
  const known = after.filter((one) => isAmong(one, before)).length;
  return before.length > 1 && kept >= MOST * before.length && known < MOST * after.length;
}

function isAmong(words: readonly string[], others: readonly (readonly string[])[]): boolean {
  return others.some((one) => likeness(words, one) >= ALIKE);
}

const MOST = 0.8;
/** Of the words; a site corrects its texts. */
const ALIKE = 0.75;
const MAX_VALUES = 200;

function texts(
  value: FieldValue | readonly FieldValue[] | undefined,
): readonly (readonly string[])[] {
  const list = typeof value === 'object' ? value : value === undefined ? [] : [value];
  return list
    .slice(0, MAX_VALUES)
    .map((one) => wordsOf(String(one)))
    .filter((one) => one.length > 0);
}
