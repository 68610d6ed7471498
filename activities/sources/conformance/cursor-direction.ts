/**
 * Which way a cursor has gone: `up` or `down` where every number or time in it that has changed went that way, and undefined where that
 * cannot be told (a list of things to do, ties that are ordered by a key).
 */
export function directionOf(before: unknown, after: unknown): 'up' | 'down' | undefined {
  const was = leaves(before);
  const now = leaves(after);
  if (was.size !== now.size || [...was.keys()].some((path) => !now.has(path))) return undefined;
  const steps = new Set([...was].map(([path, value]) => compare(value, now.get(path))));
  steps.delete('same');
  const [only] = steps;
  return steps.size === 1 && (only === 'up' || only === 'down') ? only : undefined;
}

type Step = 'up' | 'down' | 'same' | 'unknown';

function compare(before: unknown, after: unknown): Step {
  if (before === after) return 'same';
  const [was, now] = [before, after].map(comparable);
  if (was === undefined || now === undefined) return 'unknown';
  if (was === now) return 'same';
  return now > was ? 'up' : 'down';
}

/** Numbers, and times as text. A text of digits may be an opaque token. */
function comparable(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d/u.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

function leaves(value: unknown, path = ''): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]]);
  return new Map(Object.entries(value).flatMap(([key, one]) => [...leaves(one, `${path}/${key}`)]));
}
