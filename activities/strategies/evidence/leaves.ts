import { isMap } from '../../../workflows/is-map.ts';

/** Values of a payload by the path that the runner reads them with. */
export type Leaves = ReadonlyMap<string, readonly Scalar[]>;

export type Scalar = string | number | boolean;

/**
 * Every scalar below a value. Lists are followed without a position, as the runner does, so that one path names the same place in each
 * element. Bounded: what is deeper or more than any real payload is left out.
 */
export function leavesOf(value: unknown, limit = MAX_LEAVES): Leaves {
  const found = new Map<string, Scalar[]>();
  const stack: Place[] = [{ path: '', value, depth: 0 }];
  let count = 0;
  for (let place = stack.pop(); place !== undefined && count < limit; place = stack.pop()) {
    const { path, value: here, depth } = place;
    if (isScalar(here)) {
      count += 1;
      const known = found.get(path);
      if (known === undefined) found.set(path, [here]);
      else known.push(here);
    } else if (depth < MAX_DEPTH) stack.push(...inside(place).toReversed());
  }
  return found;
}

/** A list of objects somewhere in a payload. */
export interface ObjectList {
  readonly path: string;
  readonly items: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Lists of objects, each by its path, in document order. Objects inside of the elements of a list are a list as well (`edges.node`), and a
 * list inside of elements counts as one, since paths follow lists.
 */
export function objectLists(value: unknown): readonly ObjectList[] {
  const found = new Map<string, Record<string, unknown>[]>();
  const stack: (Place & { readonly isListed: boolean })[] = [
    { path: '', value, depth: 0, isListed: false },
  ];
  let seen = 0;
  for (let place = stack.pop(); place !== undefined && seen < MAX_LEAVES; place = stack.pop()) {
    seen += 1;
    const { path, value: here, depth } = place;
    if (isScalar(here) || depth >= MAX_DEPTH) continue;
    if (place.isListed && isMap(here)) {
      const items = found.get(path) ?? [];
      if (items.length < MAX_ITEMS) items.push(here);
      found.set(path, items);
    }
    const isListed = place.isListed || Array.isArray(here);
    stack.push(
      ...inside(place)
        .map((one) => ({ ...one, isListed }))
        .toReversed(),
    );
  }
  return [...found].map(([path, items]) => ({ path, items }));
}

/** One more key, as the runner's paths write it; undefined for a key that they cannot name. */
function pathBelow(path: string, key: string): string | undefined {
  if (key.includes('"') || key.length > MAX_KEY) return undefined;
  const isPlain = key !== '' && key !== '*' && !/^\$|[.[\]"]/u.test(key);
  if (!isPlain) return `${path}["${key}"]`;
  return path === '' ? key : `${path}.${key}`;
}

interface Place {
  readonly path: string;
  readonly value: unknown;
  readonly depth: number;
}

const MAX_LEAVES = 20_000;
const MAX_ITEMS = 2_000;
const MAX_DEPTH = 10;
const MAX_KEY = 200;
const MAX_CHILDREN = 5_000;

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function inside({ path, value, depth }: Place): readonly Place[] {
  if (Array.isArray(value)) {
    return value
      .slice(0, MAX_CHILDREN)
      .map((one) => ({ path, value: one as unknown, depth: depth + 1 }));
  }
  if (!isMap(value)) return [];
  return Object.keys(value)
    .slice(0, MAX_CHILDREN)
    .flatMap((key) => {
      const below = key === '__proto__' ? undefined : pathBelow(path, key);
      return below === undefined ? [] : [{ path: below, value: value[key], depth: depth + 1 }];
    });
}
