import { clean, wrap } from './text.ts';

export interface ExcerptOptions {
  readonly width: number;
  readonly maxLines: number;
}

/** The lines of a passage around what the question asks for: the stretch with most of its words, with `…` where something was left out. */
export function excerpt(
  text: string,
  question: string,
  { width, maxLines }: ExcerptOptions,
): readonly string[] {
  const lines = paragraphs(text).flatMap((one) => wrap(one, width - ROOM));
  if (lines.length <= maxLines) return lines;
  const from = bestStart(lines, wordsOf(question), maxLines);
  const to = from + maxLines;
  return lines.slice(from, to).map((line, at) => {
    const before = at === 0 && from > 0 ? '… ' : '';
    const after = at === maxLines - 1 && to < lines.length ? ' …' : '';
    return `${before}${line}${after}`;
  });
}

/** For `…` at both ends of a line. */
const ROOM = 4;

function paragraphs(text: string): readonly string[] {
  return text
    .split(/\n\s*\n/)
    .map(clean)
    .filter((one) => one !== '');
}

/** The earliest of the best stretches; a word counts once a stretch, so that a list of one word does not win. */
function bestStart(lines: readonly string[], words: ReadonlySet<string>, maxLines: number): number {
  const found = lines.map((line) => [...wordsOf(line)].filter((word) => words.has(word)));
  let best = { start: 0, score: 0 };
  for (let start = 0; start + maxLines <= lines.length; start += 1) {
    const score = new Set(found.slice(start, start + maxLines).flat()).size;
    if (score > best.score) best = { start, score };
  }
  return best.start;
}

/** Words by their first letters, so that `licence` and `licences`, `require` and `requires` meet; short ones say nothing. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  return new Set(words.map((word) => word.slice(0, 6)));
}
