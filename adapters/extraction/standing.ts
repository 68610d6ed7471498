import type { Decode, FieldSpec, FieldValue } from '../../workflows/collection/extraction-spec.ts';
import { isMap } from '../../workflows/is-map.ts';
import { lettersOf } from '../../workflows/repair/misread.ts';
import { readBody } from './body.ts';
import { select, type PageDocument } from './dom.ts';
import { elementText } from './element-text.ts';
import { readValue, type Found } from './values.ts';

/** A value that a field had, to be looked for on a page. */
export interface AskedValue {
  readonly name: string;
  readonly field: FieldSpec;
  readonly value: FieldValue;
}

export interface StandingBody {
  readonly text: string;
  readonly url: string;
  readonly format?: Decode['format'];
  readonly asked: readonly AskedValue[];
}

/**
 * The names of those values that a body shows anywhere, as the whole text of an element or as a scalar of a payload: numbers compared as
 * numbers, texts by letters and digits where there are enough of them not to be there by chance.
 */
export function standingValues(
  { text, url, format, asked }: StandingBody,
  parse: (html: string) => PageDocument,
): readonly string[] {
  const { page, base } = readBody(text, url, { format, parse });
  const missing = new Map(asked.filter(isTelling).map((one) => [one.name, one]));
  const endsAt = performance.now() + DEADLINE_MS;
  const found = page?.document ? shownTexts(page.document) : scalarsOf(page?.payload);
  const standing: string[] = [];
  for (const one of found) {
    if (missing.size === 0 || performance.now() > endsAt) break;
    for (const [name, wanted] of missing) {
      if (!says(one, wanted, base)) continue;
      standing.push(name);
      missing.delete(name);
    }
  }
  return standing.toSorted();
}

const DEADLINE_MS = 5_000;
const MAX_ELEMENTS = 20_000;
/** Below one element: what holds more is a part of the page, not a value. */
const MAX_NODES = 60;
/** Fewer letters are on any page. */
const LEAST_LETTERS = 6;
/** Of a unit beside a number: "12.50 GBP". */
const MAX_UNIT = 3;
/** What is struck out says itself that it is no longer so. */
const STRUCK = /^(?:del|s|strike)$/iu;

function isTelling({ value }: AskedValue): boolean {
  return (
    typeof value === 'number' ||
    (typeof value === 'string' && lettersOf(value).length >= LEAST_LETTERS)
  );
}

function* shownTexts(document: PageDocument): Generator<Found> {
  for (const element of select(document, 'body *', MAX_ELEMENTS) ?? []) {
    const isStruck =
      STRUCK.test(element.tagName) || STRUCK.test(element.parentElement?.tagName ?? '');
    if (!isStruck) yield { text: elementText(element, MAX_NODES), element };
  }
}

/** Without recursion: a payload may be nested beyond reason. */
function* scalarsOf(payload: unknown): Generator<Found> {
  const stack: unknown[] = [payload];
  for (let seen = 0; stack.length > 0 && seen < MAX_ELEMENTS; seen += 1) {
    const value = stack.pop();
    if (Array.isArray(value)) stack.push(...value.slice(0, MAX_ELEMENTS));
    else if (isMap(value)) stack.push(...Object.values(value).slice(0, MAX_ELEMENTS));
    else if (['string', 'number'].includes(typeof value)) yield { text: String(value) };
  }
}

function says(found: Found, { field, value }: AskedValue, base: string): boolean {
  if (found.text === '' && field.type !== 'url') return false;
  const reading = field.type === 'html' ? { value: found.text } : readValue(found, field, base);
  if ('value' in reading && isSame(reading.value, value)) return true;
  return typeof value === 'number' && isNumberWithUnit(found.text, value);
}

function isSame(one: FieldValue, other: FieldValue): boolean {
  return typeof one === 'string' && typeof other === 'string'
    ? lettersOf(one) === lettersOf(other)
    : one === other;
}

/** Also as the old normalisers cannot read it: "£12.50", "12,50 EUR". */
function isNumberWithUnit(text: string, value: number): boolean {
  if (text.length > 30) return false;
  const [number = '', ...more] = text.match(/\d(?:[\d.,'’ ]*\d)?/gu) ?? [];
  const unit = text.replaceAll(/[^\p{L}]/gu, '');
  if (number === '' || more.length > 0 || unit.length > MAX_UNIT) return false;
  const plain = number.replaceAll(/['’ ]/gu, '');
  const readings = [plain.replaceAll(',', ''), plain.replaceAll('.', '').replace(',', '.')].map(
    Number,
  );
  return readings.includes(Math.abs(value));
}
