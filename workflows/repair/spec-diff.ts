import type { ExtractionSpec } from '../collection/extraction-spec.ts';
import { isMap } from '../is-map.ts';
import { isEqual } from './apply-patch.ts';
import { pointerTo } from './patch.ts';

/** One value that two specs do not share: a leaf, or a whole part that only one of them has. */
export interface SpecDifference {
  /** JSON pointer from the top of the spec. */
  readonly path: string;
  /** Absent: only the new spec has it. */
  readonly from?: unknown;
  /** Absent: only the old spec has it. */
  readonly to?: unknown;
}

/** What differs between two specs, by leaf, in the order of the specs; lists of locators are compared as lists. Empty when they are equal. */
export function diffSpecs(
  before: ExtractionSpec,
  after: ExtractionSpec,
): readonly SpecDifference[] {
  return differences(before, after, []);
}

/** How many values a fix changes, for the gate: a leaf that comes, goes or changes counts one. At least 1. */
export function changedLines(before: ExtractionSpec, after: ExtractionSpec): number {
  const counts = diffSpecs(before, after).map(({ from, to }) => Math.max(leaves(from), leaves(to)));
  return Math.max(
    1,
    counts.reduce((sum, one) => sum + one, 0),
  );
}

type Path = readonly (string | number)[];

function differences(from: unknown, to: unknown, path: Path): readonly SpecDifference[] {
  if (isEqual(from, to)) return [];
  if (Array.isArray(from) && Array.isArray(to)) return listDifferences(from, to, path);
  if (!isMap(from) || !isMap(to)) return [{ path: pointerTo(path), from, to }];
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return keys.flatMap((key) => {
    const place = pointerTo([...path, key]);
    if (from[key] === undefined) return to[key] === undefined ? [] : [{ path: place, to: to[key] }];
    if (to[key] === undefined) return [{ path: place, from: from[key] }];
    return differences(from[key], to[key], [...path, key]);
  });
}

/** Items that both ends share are passed over, so that a locator put in front is one difference and not all of them. */
function listDifferences(
  from: readonly unknown[],
  to: readonly unknown[],
  path: Path,
): readonly SpecDifference[] {
  const shortest = Math.min(from.length, to.length);
  const start = countWhile(shortest, (at) => isEqual(from[at], to[at]));
  const end = countWhile(shortest - start, (at) => isEqual(from.at(-1 - at), to.at(-1 - at)));
  const gone = from.slice(start, from.length - end);
  const come = to.slice(start, to.length - end);
  return Array.from({ length: Math.max(gone.length, come.length) }, (_, at) => at).flatMap((at) => {
    const here = [...path, start + at];
    if (at >= gone.length) return [{ path: pointerTo(here), to: come[at] }];
    if (at >= come.length) return [{ path: pointerTo(here), from: gone[at] }];
    return differences(gone[at], come[at], here);
  });
}

function countWhile(limit: number, holds: (at: number) => boolean): number {
  let count = 0;
  while (count < limit && holds(count)) count += 1;
  return count;
}

function leaves(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value !== 'object' || value === null) return 1;
  const inner = Object.values(value).reduce((sum: number, item) => sum + leaves(item), 0);
  return Math.max(1, inner);
}
