/**
 * Turns the bytes of a page into text. The character set is the byte order mark's, else the header's, else the page's own `<meta>`,
 * else UTF-8 where the bytes are valid UTF-8 and windows-1252 where not. Bytes that fit no character become U+FFFD.
 */
export function decodeText(body: Buffer, contentType: string | undefined): string {
  const label = markOf(body) ?? labelIn(contentType) ?? metaLabel(body);
  return new TextDecoder(chosen(label, body)).decode(body);
}

function markOf(body: Buffer): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return undefined;
}

/** HTML standard, "prescan a byte stream": only the first 1,024 bytes are looked at. */
function metaLabel(body: Buffer): string | undefined {
  const head = body.subarray(0, 1024).toString('latin1');
  const label = labelIn(head.match(/<meta\b[^>]{0,500}>/gi)?.find((tag) => /charset/i.test(tag)));
  // What could be read as ASCII is no UTF-16, whatever it says of itself.
  return label?.startsWith('utf-16') === true ? 'utf-8' : label;
}

function labelIn(text: string | undefined): string | undefined {
  const label = /charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(text ?? '')?.[1];
  if (label === undefined) return undefined;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    // Nobody knows this name; the next hint decides.
    return undefined;
  }
}

/**
 * Servers often add their default `charset=iso-8859-1` to pages in UTF-8, and the other way round. Text in a one-byte set is hardly
 * ever valid UTF-8 by chance, so the bytes overrule both claims.
 */
function chosen(label: string | undefined, body: Buffer): string {
  if (label !== undefined && label !== 'windows-1252' && label !== 'utf-8') return label;
  return isUtf8(body) ? 'utf-8' : 'windows-1252';
}

function isUtf8(body: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
    return true;
  } catch {
    // One damaged byte does not make a page of UTF-8 a page of something else.
    return looksLikeUtf8(body.toString('utf8'));
  }
}

function looksLikeUtf8(text: string): boolean {
  const damaged = text.split('\uFFFD').length - 1;
  const good = text.match(/[\u0080-\uFFFC]/g)?.length ?? 0;
  return good > damaged * 10;
}
