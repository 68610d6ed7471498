import type { ObjectFacts } from './object-files.ts';

/** The objects of a bucket by key, in memory; the files are the truth. */
export interface KeyIndex {
  get(key: string): ObjectFacts | undefined;
  set(facts: ObjectFacts): void;
  delete(key: string): void;
  /** Every key in the order of its UTF-8 bytes. The array is not changed afterwards. */
  sortedKeys(): readonly string[];
}

export function createKeyIndex(): KeyIndex {
  const facts = new Map<string, ObjectFacts>();
  let sorted: readonly string[] = [];
  let added = new Set<string>();
  let removed = false;

  function sortedKeys(): readonly string[] {
    if (added.size === 0 && !removed) return sorted;
    const kept = removed ? sorted.filter((key) => facts.has(key)) : sorted;
    const known = new Set(removed ? kept : []);
    const fresh = [...added].filter((key) => facts.has(key) && !known.has(key));
    sorted = merged(kept, fresh.toSorted(compareUtf8));
    [added, removed] = [new Set(), false];
    return sorted;
  }

  return {
    get: (key) => facts.get(key),
    set: (one) => {
      if (!facts.has(one.key)) added.add(one.key);
      facts.set(one.key, one);
    },
    delete: (key) => {
      removed = facts.delete(key) || removed;
    },
    sortedKeys,
  };
}

/** Orders strings by their UTF-8 bytes, as S3 lists keys: JavaScript's own order differs above U+FFFF. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
    if (a !== b) return byteRank(a) - byteRank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for characters behind all others of two or three bytes. */
function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

/** The first place in sorted keys whose key comes after `key`. */
export function placeAfter(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(keys[middle] ?? '', key) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function merged(left: readonly string[], right: readonly string[]): readonly string[] {
  if (right.length === 0) return left;
  const all: string[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i] ?? '', right[j] ?? ''];
    const takeLeft = compareUtf8(a, b) <= 0;
    all.push(takeLeft ? a : b);
    if (takeLeft) i += 1;
    else j += 1;
  }
  return [...all, ...left.slice(i), ...right.slice(j)];
}
