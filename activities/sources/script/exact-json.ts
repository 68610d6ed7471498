/**
 * Reads a line that should be a JSON object without losing digits: an integer beyond 2^53 becomes a raw value that `JSON.stringify` and
 * `jsonText` write as it stood, so that two keys which differ in their last digit stay two. Undefined for whatever else the line is.
 */
export function objectExactly(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseExactly(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseExactly(text: string): unknown {
  if (!LONG_DIGITS.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
}

/** The JSON text of a value; raw values as they stood. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** The digits of a raw value; undefined for any other value. */
export function rawDigits(value: unknown): string | undefined {
  return native.isRawJSON(value) ? JSON.stringify(value) : undefined;
}

/** Integers up to 2^53 have at most 16 digits; without such a run the plain, fast parser loses nothing. */
const LONG_DIGITS = /\d{16}/u;

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  const { source } = context;
  if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value))
    return value;
  return /^-?\d+$/u.test(source) ? native.rawJSON(source) : value;
}

/** ECMAScript 2026, "JSON.parse source text access": in Node since 21, in no library of the compiler yet. */
const native = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};
