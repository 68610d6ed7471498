import type { Normaliser } from '../../workflows/collection/extraction-spec.ts';

/** Applies the catalogue's entries in order. Null means "the page says that there is no value". */
export function normalise(text: string, names: readonly Normaliser[] = []): string | null {
  let current: string | null = text;
  for (const name of names) if (current !== null) current = CATALOGUE[name](current);
  return current;
}

/** Every entry is total and linear in the length of the text; what it does not recognise stays as it is. */
const CATALOGUE: Readonly<Record<Normaliser, (text: string) => string | null>> = {
  trim: (text) => text.trim(),
  collapseSpace: (text) => text.replaceAll(/\s+/gu, ' ').trim(),
  lowerCase: (text) => text.toLowerCase(),
  stripCurrency: (text) =>
    text.replaceAll(/\p{Sc}|\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD)\b/giu, '').trim(),
  stripPercent: (text) => text.replaceAll(/[%‰]/gu, '').trim(),
  firstNumber: (text) => /[+-]?\d[\d.,]*(?<![.,])/u.exec(text)?.[0] ?? text,
  naToNull: (text) => (NO_VALUE.has(text.trim().toLowerCase()) ? null : text),
  decimalComma: (text) =>
    hasDecimalPoint(text) ? text : text.replaceAll(/[.\s\u00A0\u202F'’]/gu, '').replace(',', '.'),
  dayFirst: (text) => dayAndMonth(text, (first, second) => [first, second]),
  monthFirst: (text) => dayAndMonth(text, (first, second) => [second, first]),
  epochSeconds: (text) => fromEpoch(text, 1000),
  epochMilliseconds: (text) => fromEpoch(text, 1),
  unescapeHtml: (text) =>
    text.replaceAll(
      /&(amp|lt|gt|quot|apos|nbsp|#39);/gu,
      (_, name: string) => ENTITIES[name] ?? '',
    ),
  stripTags: (text) => text.replaceAll(/<[^<>]*>/gu, ' '),
};

/**
 * `12.50` and `1,234.50` have a decimal point: read with a comma in mind they would be a hundred times as much. A site that changes its
 * locale has pages of both kinds for a while.
 */
function hasDecimalPoint(text: string): boolean {
  return /^[^\d.,]*\d+\.(?:\d{1,2}|\d{4,15})(?!\d)[^\d.,]*$|^[^\d.,]*\d{1,3}(?:,\d{3})+\.\d{1,15}[^\d.,]*$/u.test(
    text.slice(0, 100),
  );
}

const NO_VALUE: ReadonlySet<string> = new Set([
  '',
  '-',
  '–',
  '—',
  'n/a',
  'na',
  'none',
  'null',
  'nil',
  'unknown',
  'tbd',
  'tba',
]);

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  nbsp: ' ',
};

/** `3/4/2026`, `03.04.2026`, `3-4-2026`, each with anything behind it: the order of day and month is the spec's knowledge. */
function dayAndMonth(
  text: string,
  order: (first: string, second: string) => readonly [day: string, month: string],
): string {
  const match = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(.*)$/su.exec(text);
  if (match === null) return text;
  const [, first = '', second = '', year = '', rest = ''] = match;
  const [day, month] = order(first, second);
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${rest}`;
}

function fromEpoch(text: string, unitMs: number): string {
  const date = new Date(/^\s*-?\d{1,16}(?:\.\d+)?\s*$/u.test(text) ? Number(text) * unitMs : NaN);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}
