const WRAPPED = '$base64';
/** jsonb refuses NUL and lone surrogates, which keys of some databases hold. And what looks like a wrapper must come back as it was. */
const UNSTORABLE = /\\u(0000|d[89a-f]..)|"\$base64"/i;

/** A cursor as the text of a jsonb value; one that jsonb would refuse is wrapped. */
export function encodeCursor(cursor: unknown): string {
  const text = JSON.stringify(cursor ?? null);
  if (!UNSTORABLE.test(text)) return text;
  return JSON.stringify({ [WRAPPED]: Buffer.from(text).toString('base64') });
}

/** The cursor as it was given to `encodeCursor`. */
export function decodeCursor(stored: unknown): unknown {
  const wrapped = (stored as { readonly [WRAPPED]?: unknown } | null)?.[WRAPPED];
  if (typeof wrapped !== 'string') return stored;
  return JSON.parse(Buffer.from(wrapped, 'base64').toString('utf8'));
}
