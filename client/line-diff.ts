/** One line that only one of two texts has, with its number there, from 1. */
export interface ChangedLine {
  readonly kind: '-' | '+';
  readonly line: number;
  readonly text: string;
}

/** The lines that differ, in the order of the texts: the fewest that there are, for changes of up to a few hundred lines. */
export function lineDiff(before: string, after: string): readonly ChangedLine[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const shortest = Math.min(a.length, b.length);
  const start = countWhile(shortest, (at) => a[at] === b[at]);
  const end = countWhile(shortest - start, (at) => a.at(-1 - at) === b.at(-1 - at));
  const [gone, come] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const kept = gone.length * come.length > MAX_CELLS ? [] : common(gone, come);
  return between(gone, come, kept).map(({ line, ...one }) => ({ ...one, line: line + start + 1 }));
}

const MAX_CELLS = 1_000_000;

type Pair = readonly [number, number];

/** Positions of a longest common subsequence. */
function common(a: readonly string[], b: readonly string[]): readonly Pair[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? new Uint32Array();
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: Pair[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

function between(
  gone: readonly string[],
  come: readonly string[],
  kept: readonly Pair[],
): readonly ChangedLine[] {
  const ends: readonly Pair[] = [...kept, [gone.length, come.length]];
  return ends.flatMap(([i, j], index) => {
    const [fromI, fromJ] = index === 0 ? [0, 0] : (kept[index - 1] ?? [0, 0]).map((one) => one + 1);
    return [...lines('-', gone, fromI ?? 0, i), ...lines('+', come, fromJ ?? 0, j)];
  });
}

function lines(
  kind: ChangedLine['kind'],
  texts: readonly string[],
  from: number,
  to: number,
): readonly ChangedLine[] {
  return texts.slice(from, to).map((text, at) => ({ kind, line: from + at, text }));
}

function countWhile(limit: number, holds: (at: number) => boolean): number {
  let count = 0;
  while (count < limit && holds(count)) count += 1;
  return count;
}
