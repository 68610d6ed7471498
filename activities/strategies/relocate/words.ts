/** Letters and digits alone, lower-cased: texts that differ in nothing else are the same value. */
export function bare(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

const PLAIN = /^[\x20-\x7e]*$/;

/** Words of a text; scripts without spaces give pairs of letters, so that they can be compared, too. */
export function wordsOf(text: string): readonly string[] {
  const runs =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return runs.slice(0, MAX_WORDS).flatMap((run) => (UNSPACED.test(run) ? pairs(run) : [run]));
}

const MAX_WORDS = 400;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

function pairs(run: string): readonly string[] {
  const letters = Array.from(run);
  return letters.length < 2
    ? letters
    : letters.slice(1).map((letter, at) => `${letters[at] ?? ''}${letter}`);
}

/** Share of the words that two texts have in common (Dice), 0..1. */
export function likeness(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of b) {
    const left = counts.get(word) ?? 0;
    if (left === 0) continue;
    counts.set(word, left - 1);
    common += 1;
  }
  return (2 * common) / (a.length + b.length);
}
