/**
 * The text of a page without building its tree: the last resort for pages nested so deeply that nothing recursive survives them.
 * One pass, linear in the length. Only the entities of XML are decoded.
 */
export function plainTextOf(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf('<', at);
    pieces.push(html.slice(at, open < 0 ? html.length : open));
    if (open < 0) break;
    at = afterTag(html, open);
    pieces.push(' ');
  }
  return decodeEntities(pieces.join(''))
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim();
}

/** Where reading goes on behind the tag, or behind the whole element if its content is no text. */
function afterTag(html: string, open: number): number {
  const hidden = /^<(script|style|template|noscript|!--)/i
    .exec(html.slice(open, open + 12))?.[1]
    ?.toLowerCase();
  const end = hidden === '!--' ? '-->' : hidden === undefined ? '>' : `</${hidden}`;
  const found = indexOfIgnoringCase(html, end, open + 1);
  if (found < 0) return html.length;
  return hidden === undefined || hidden === '!--' ? found + end.length : endOfTag(html, found);
}

function endOfTag(html: string, from: number): number {
  const end = html.indexOf('>', from);
  return end < 0 ? html.length : end + 1;
}

function indexOfIgnoringCase(html: string, text: string, from: number): number {
  if (!/[a-z]/.test(text)) return html.indexOf(text, from);
  const pattern = new RegExp(text, 'gi');
  pattern.lastIndex = from;
  return pattern.exec(html)?.index ?? -1;
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:lt|gt|quot|apos|nbsp|amp|#39);/g,
    (entity) => ENTITIES[entity] ?? entity,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&#39;': "'",
  '&nbsp;': ' ',
  '&amp;': '&',
};
