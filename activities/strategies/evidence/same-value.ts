import type { FieldType, FieldValue } from '../../../workflows/collection/extraction-spec.ts';

type Reading = FieldValue | readonly FieldValue[];

/**
 * Do two readings of a field say the same? Texts without case, spaces and typographic variants; dates by the day where one of them says no
 * more; addresses without scheme and trailing slash; markup by its words, since a sample may hold it as Markdown.
 */
export function sameValue(one: Reading, other: Reading, type: FieldType): boolean {
  const [a, b] = [listOf(one), listOf(other)];
  if (a.length !== b.length) return false;
  if (a.length === 1) return sameOne(a[0], b[0], type);
  const keys = b.map((value) => bareValue(value, type));
  return a.every((value, at) => bareValue(value, type) === keys[at]);
}

/** A text under which equal values fall together. */
export function bareValue(value: FieldValue | undefined, type: FieldType): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  if (type === 'html') return words(value).join(' ');
  if (type === 'date') return value;
  const bare = bareText(value);
  return type === 'url'
    ? bare.replace(/^https?:\/\/(?:www\.)?/u, '').replace(/\/(?=$|[?#])/u, '')
    : bare;
}

/** A value that hardly appears twice by chance: enough to prove a place by itself. */
export function isDistinctive(value: Reading): boolean {
  return listOf(value).some((one) =>
    typeof one === 'string'
      ? bareText(one).length >= 6
      : typeof one === 'number' && String(Math.abs(one)).replace('.', '').length >= 4,
  );
}

function bareText(text: string): string {
  return text
    .slice(0, MAX_CHARACTERS)
    .normalize('NFKC')
    .replaceAll(/[‘’‚‛′`]/gu, "'")
    .replaceAll(/[“”„‟″]/gu, '"')
    .replaceAll(/[‐‑‒–—―]/gu, '-')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .toLowerCase();
}

/** More than any field's value; a bound for hostile pages. */
const MAX_CHARACTERS = 200_000;

function listOf(value: Reading): readonly FieldValue[] {
  return Array.isArray(value) ? (value as readonly FieldValue[]) : [value as FieldValue];
}

function sameOne(
  one: FieldValue | undefined,
  other: FieldValue | undefined,
  type: FieldType,
): boolean {
  if (typeof one === 'string' && typeof other === 'string') {
    if (type === 'date') return sameDay(one, other);
    if (type === 'html') return sameWords(one, other);
  }
  return bareValue(one, type) === bareValue(other, type);
}

function sameDay(one: string, other: string): boolean {
  if (one.length > 10 && other.length > 10) return one === other;
  return one.slice(0, 10) === other.slice(0, 10);
}

/** Two renderings of the same text differ in a few words of links and images. */
function sameWords(one: string, other: string): boolean {
  const [a, b] = [new Set(words(one)), new Set(words(other))];
  const shared = [...a].filter((word) => b.has(word)).length;
  return shared > 0 && shared >= 0.9 * Math.max(a.size, b.size);
}

function words(text: string): readonly string[] {
  const bare = bareText(text.replaceAll(/<[^<>]*>/gu, ' ').replaceAll(/\]\([^()\s]*\)/gu, ' '));
  return bare.match(/[\p{L}\p{N}]+/gu) ?? [];
}
