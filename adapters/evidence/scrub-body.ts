import { decodeText } from '../extraction/charset.ts';

export interface ScrubbedBody {
  readonly body: Buffer;
  readonly contentType: string;
}

/**
 * The body without the secrets of its source. Bytes without any stay as they were received; where one is found, what is left is stored as UTF-8, and the
 * content type says so.
 */
export function scrubBody(
  { body, contentType }: ScrubbedBody,
  redact: (text: string) => string,
): ScrubbedBody {
  const text = decodeText(body, contentType);
  const clean = redact(text);
  // Bytes that are wrongly decoded may still hold it, letter by letter.
  const bytes = body.toString('latin1');
  if (clean === text && redact(bytes) === bytes) return { body, contentType };
  const type = contentType.split(';')[0]?.trim() ?? '';
  const decoded = redact(clean === text ? bytes : clean);
  return { body: Buffer.from(decoded), contentType: `${type || 'text/html'}; charset=utf-8` };
}
