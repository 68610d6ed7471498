import { stripVTControlCharacters } from 'node:util';

/** Text that came from outside, safe for a terminal: no escape sequences, no control characters; white space becomes single spaces. */
export function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '')
    .trim();
}

/** Columns that a text takes: letters of East Asia and pictures take two, marks that combine none. */
export function displayWidth(text: string): number {
  // The ordinary case, quickly.
  if (/^[\u0020-\u02FF]*$/.test(text)) return text.length;
  return [...SEGMENTER.segment(text)].reduce(
    (sum, { segment }) => sum + (WIDE.test(segment) ? 2 : 1),
    0,
  );
}

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Unicode's East Asian Width W and F, roughly, and emoji shown as such. */
const WIDE =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|^\p{Emoji_Presentation}/u;

/** At most `width` columns; what is cut off is shown as `…`. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return `${head(text, Math.max(0, width - 1)).trimEnd()}…`;
}

/** The lines of a text of one paragraph, each at most `width` columns; words longer than a line are broken. */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => broken(one, room))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= room) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Wrapped below each other, each line after `indent`; the first one after `first` where that is given. */
export function indented(text: string, width: number, indent: string, first = indent): string {
  return wrap(text, width - indent.length)
    .map((line, at) => `${at === 0 ? first : indent}${line}`)
    .join('\n');
}

/** `1 document`, `2 documents`, `1,200 documents`. */
export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A size as people read it: `812 B`, `4.2 KB`, `1.3 MB`, in steps of 1,000. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const step = bytes < 1_000_000 ? 1 : bytes < 1_000_000_000 ? 2 : 3;
  const value = bytes / 1000 ** step;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${['B', 'KB', 'MB', 'GB'][step]}`;
}

function broken(word: string, width: number): readonly string[] {
  const parts: string[] = [];
  let rest = word;
  while (displayWidth(rest) > width) {
    const part = head(rest, width) || rest.slice(0, 1);
    parts.push(part);
    rest = rest.slice(part.length);
  }
  return [...parts, rest];
}

/** As many whole characters as fit into `width` columns. */
function head(text: string, width: number): string {
  let used = 0;
  let end = 0;
  for (const { segment, index } of SEGMENTER.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > width) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}
