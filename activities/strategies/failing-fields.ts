import type {
  Extraction,
  ExtractionSpec,
  FieldSpec,
  FieldValue,
} from '../../workflows/collection/extraction-spec.ts';
import type { GoodSample } from './contract.ts';
import { bare } from './relocate/words.ts';

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
  const [was, is] = [new Set(before), new Set(after)];
  const kept = before.filter((one) => is.has(one)).length;
  const known = after.filter((one) => was.has(one)).length;
  return before.length > 1 && kept >= MOST * before.length && known < MOST * after.length;
}

const MOST = 0.8;

function texts(value: FieldValue | readonly FieldValue[] | undefined): readonly string[] {
  const list = typeof value === 'object' ? value : value === undefined ? [] : [value];
  return list.map((one) => bare(String(one))).filter((one) => one !== '');
}
