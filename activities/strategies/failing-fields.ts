import type {
  Extraction,
  ExtractionSpec,
  FieldSpec,
  FieldValue,
} from '../../workflows/collection/extraction-spec.ts';
import type { ReadBody } from '../../adapters/extraction/body.ts';
import { select } from '../../adapters/extraction/dom.ts';
import type { PageElement } from '../../adapters/extraction/dom.ts';
import type { EvidencePage, GoodSample } from './contract.ts';
import { openPage } from './evidence/pages.ts';
import { likeness, wordsOf } from './relocate/words.ts';

/**
 * Fields that one page says are failing, sorted: a required one that is missing; a list in which the known values stand among others
 * that do not belong, or whose elements lie within one another where they lay side by side. A field that yields other values than
 * before is a changed document, not a failure.
 */
export function failingFields(
  spec: ExtractionSpec,
  good: GoodSample,
  page: EvidencePage,
  now: Extraction,
): readonly string[] {
  return Object.entries(spec.fields)
    .filter(
      ([name, field]) =>
        isMissing(name, field, now) ||
        isDiluted(name, field, good, now) ||
        isNested(spec, field, good, page),
    )
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

/** Elements of a list that hold one another give the same text twice. */
function isNested(
  spec: ExtractionSpec,
  field: FieldSpec,
  good: GoodSample,
  page: EvidencePage,
): boolean {
  if (field.cardinality === 'one' || spec.records !== undefined) return false;
  return (
    nestedShare(openPage(page, spec), field) > 1 - MOST &&
    nestedShare(openPage(good, spec), field) === 0
  );
}

function nestedShare({ page }: ReadBody, { locators }: FieldSpec): number {
  for (const locator of locators) {
    if (page?.document === undefined || !('css' in locator)) continue;
    const found = select(page.document, locator.css, MAX_VALUES) ?? [];
    if (found.length === 0) continue;
    const all = new Set(found);
    return found.filter((one) => liesInside(one, all)).length / found.length;
  }
  return 0;
}

function liesInside({ parentElement }: PageElement, others: ReadonlySet<PageElement>): boolean {
  let above = parentElement;
  for (let level = 0; above !== null && level < MAX_LEVELS; level += 1) {
    if (others.has(above)) return true;
    above = above.parentElement;
  }
  return false;
}

const MAX_LEVELS = 20;

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
