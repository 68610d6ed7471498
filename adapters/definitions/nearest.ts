/** The candidate that `word` was probably meant to be, or undefined when none is near: at most a third of the letters differ. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  const scored = candidates.map((candidate) => ({
    candidate,
    steps: distance(wanted, candidate.toLowerCase()),
  }));
  const [best] = scored.toSorted((a, b) => a.steps - b.steps);
  if (!best) return undefined;
  const longest = Math.max(wanted.length, best.candidate.length);
  return best.steps <= Math.max(1, Math.floor(longest / 3)) ? best.candidate : undefined;
}

/** The candidates that are most like `word`, the nearest first. */
export function nearestOf(
  word: string,
  candidates: readonly string[],
  limit: number,
): readonly string[] {
  const wanted = word.slice(0, COMPARED).toLowerCase();
  return candidates
    .map((candidate) => ({
      candidate,
      steps: distance(wanted, candidate.slice(0, COMPARED).toLowerCase()),
    }))
    .toSorted((a, b) => a.steps - b.steps || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Ids may have 2,048 characters, and the work grows with the square. */
const COMPARED = 300;

/** `Did you mean "x"?` when something is near, else all that is allowed. */
export function suggestion(word: string, candidates: readonly string[], label: string): string {
  const near = nearest(word, candidates);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return candidates.length === 0
    ? `Nothing is allowed here.`
    : `${label}: ${candidates.toSorted().join(', ')}.`;
}

/** Edits from one word to the other, where two swapped neighbours are one edit (optimal string alignment). */
function distance(a: string, b: string): number {
  let [beforeLast, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(step(a, b, i, j, { beforeLast, last, row }));
    [beforeLast, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

interface Rows {
  readonly beforeLast: readonly number[];
  readonly last: readonly number[];
  readonly row: readonly number[];
}

function step(a: string, b: string, i: number, j: number, rows: Rows): number {
  const same = a[i - 1] === b[j - 1];
  const best = Math.min(
    cell(rows.last, j) + 1,
    cell(rows.row, j - 1) + 1,
    cell(rows.last, j - 1) + (same ? 0 : 1),
  );
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(best, cell(rows.beforeLast, j - 2) + 1) : best;
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Number.POSITIVE_INFINITY;
}
