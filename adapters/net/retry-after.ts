/**
 * Milliseconds that a `Retry-After` header asks to wait, from either form: seconds or an HTTP date. A date that has passed is 0.
 * Undefined when there is no header or it says nothing that can be read. Never more than a day: beyond it, ask again anyway.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1000, DAY_MS);
  // Without a letter it is no HTTP date; `Date.parse` would take "-5" for a year.
  if (!/[a-z]/i.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now.getTime()), DAY_MS);
}

const DAY_MS = 24 * 60 * 60 * 1000;
