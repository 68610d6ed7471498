import type {
  Attempt,
  FieldSpec,
  FieldType,
  FieldValue,
} from '../../workflows/collection/extraction-spec.ts';
import { readDate, readDuration } from './dates.ts';
import type { PageElement } from './dom.ts';
import { normalise } from './normalisers.ts';
import { absoluteHtml } from './absolute-html.ts';
import { resolveUrl } from './absolute-url.ts';

/** What a locator found, before it is read as the field's type. */
export interface Found {
  /** One line of visible text, an attribute, or a scalar of a payload. */
  readonly text: string;
  /** The element, when the locator did not name an attribute: some types prefer one of its attributes. */
  readonly element?: PageElement;
}

export type Reading =
  | { readonly value: FieldValue }
  | { readonly because: Extract<Attempt['because'], 'empty' | 'unreadable'> };

/** Reads one finding as the field's type. `base` resolves relative addresses. */
export function readValue(found: Found, field: FieldSpec, base: string): Reading {
  if (found.text.trim() === '' && field.type === 'html') return { because: 'empty' };
  const text = normalise(rawText(found, field.type, base), field.normalise);
  if (text === null || text.trim() === '') return { because: 'empty' };
  const value = READERS[field.type](text.trim(), field, base);
  return value === undefined ? { because: 'unreadable' } : { value };
}

/** A link's text is not its address, and a shown date is rarely as exact as its `datetime`. */
function rawText({ text, element }: Found, type: FieldType, base: string): string {
  if (type === 'html') return element === undefined ? text : absoluteHtml(element, base);
  for (const name of PREFERRED[type] ?? []) {
    const value = element?.getAttribute(name);
    if (value !== null && value !== undefined && value !== '') return value;
  }
  return text;
}

const PREFERRED: Partial<Readonly<Record<FieldType, readonly string[]>>> = {
  url: ['href', 'src', 'content'],
  date: ['datetime', 'content'],
  duration: ['datetime', 'content'],
  number: ['content', 'value'],
  integer: ['content', 'value'],
};

const READERS: Readonly<
  Record<FieldType, (text: string, field: FieldSpec, base: string) => FieldValue | undefined>
> = {
  text: (text) => text.replaceAll(/\s+/gu, ' '),
  html: (text) => text,
  number: readNumber,
  integer: readInteger,
  boolean: readBoolean,
  date: (text) => readDate(text.replaceAll(/\s+/gu, ' ')),
  duration: readDuration,
  url: (text, _field, base) => resolveUrl(text, base)?.replace(/#.*$/su, ''),
  enum: (text, field) => readEnum(text, field.expect?.values ?? []),
};

/** `1234.5`, `1,234.5`, `1 234.5`, `1'234.5`; a decimal comma needs the normaliser `decimalComma`. */
function readNumber(text: string): number | undefined {
  if (!/^[+-]?(?:\d+|\d{1,3}(?:[,\s'’]\d{3})+)?(?:\.\d+)?(?:e[+-]?\d{1,3})?$/iu.test(text)) {
    return undefined;
  }
  const value = Number.parseFloat(text.replaceAll(/[,\s'’]/gu, ''));
  return Number.isFinite(value) ? value : undefined;
}

function readInteger(text: string): number | undefined {
  const value = readNumber(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function readBoolean(text: string): boolean | undefined {
  if (/^(?:true|yes|y|on|1|✓|✔)$/iu.test(text)) return true;
  return /^(?:false|no|n|off|0|✗|✘)$/iu.test(text) ? false : undefined;
}

function readEnum(text: string, values: readonly string[]): string | undefined {
  const wanted = text.replaceAll(/\s+/gu, ' ').toLowerCase();
  return values.find((value) => value.toLowerCase() === wanted);
}
