import { isMap } from '../../workflows/is-map.ts';

/** One step of a path: a key, a position, or every element. */
export type PathStep = string | number | typeof EVERY;

/**
 * Reads `data.items[0].title`, `items[*]["a.b"]`, `$.a` and the like. The empty path is the value itself.
 * @returns undefined when it is no path.
 */
export function parsePath(text: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  let rest = text.startsWith('$') ? text.slice(1) : text;
  while (rest !== '') {
    const match = STEP.exec(steps.length === 0 && /^[^.[]/u.test(rest) ? `.${rest}` : rest);
    if (match === null) return undefined;
    const read = stepOf(match);
    if (read === undefined) return undefined;
    steps.push(read);
    rest = match[5] ?? '';
  }
  return steps;
}

/**
 * Every value at `steps` below `value`, at most `MAX_VALUES`. A key asked of a list is asked of each of its elements, because
 * structured data writes one or many in the same place. Only own properties are followed; nulls are left out.
 */
export function valuesAt(value: unknown, steps: readonly PathStep[]): readonly unknown[] {
  let current: unknown[] = [value];
  for (const step of steps) {
    const following: unknown[] = [];
    for (const one of current) collect(one, step, following);
    current = following;
  }
  return current.filter((one) => one !== null && one !== undefined);
}

const EVERY = Symbol('every element');
/** More values than any list page holds; a bound for hostile payloads. */
export const MAX_VALUES = 10_000;
/** 1 dotted key, 2 position, 3 quoted key, 4 star, 5 the rest. No nested repetition: linear. */
const STEP = /^(?:\.([^.[\]"]+)|\[(\d{1,9})\]|\["([^"]*)"\]|\[(\*?)\])([\s\S]*)$/u;

function stepOf([, key, position, quoted, star]: RegExpExecArray): PathStep | undefined {
  if (key !== undefined) return key === '*' ? EVERY : key;
  if (position !== undefined) return Number(position);
  return quoted ?? (star === undefined ? undefined : EVERY);
}

function collect(value: unknown, step: PathStep, into: unknown[]): void {
  if (into.length >= MAX_VALUES) return;
  if (Array.isArray(value)) collectFromList(value, step, into);
  else if (isMap(value)) {
    if (step === EVERY) into.push(...Object.values(value).slice(0, MAX_VALUES - into.length));
    else if (Object.hasOwn(value, step)) into.push(value[String(step)]);
  }
}

function collectFromList(list: readonly unknown[], step: PathStep, into: unknown[]): void {
  if (typeof step === 'number') into.push(list[step]);
  else if (step === EVERY) into.push(...list.slice(0, MAX_VALUES - into.length));
  else for (const one of list) if (isMap(one)) collect(one, step, into);
}
