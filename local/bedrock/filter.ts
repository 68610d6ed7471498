import { validation } from './service-error.ts';
import type { AttributeValue } from './sidecar.ts';

/** Tells whether a document's attributes pass. A document without the attribute passes no comparison, not even "not". */
export type Filter = (attributes: Readonly<Record<string, unknown>>) => boolean;

export interface FilterOptions {
  /** S3 Vectors has neither `startsWith` nor `stringContains`. */
  readonly storageType?: string;
}

/**
 * Reads a `RetrievalFilter`: one comparison, or `andAll` / `orAll` of at least two filters.
 * @throws ValidationException - anything else, with the place that is wrong.
 */
export function readFilter(filter: unknown, options: FilterOptions = {}): Filter {
  const members = isObject(filter) ? Object.entries(filter) : [];
  const [member] = members;
  if (!member || members.length > 1) {
    throw validation('A filter has exactly one member, such as "equals" or "andAll".');
  }
  const [name, value] = member;
  if (name === 'andAll' || name === 'orAll') return readGroup(name, value, options);
  return readComparison(name, value, options);
}

function readGroup(name: 'andAll' | 'orAll', value: unknown, options: FilterOptions): Filter {
  if (!Array.isArray(value) || value.length < 2) {
    throw validation(`Filter "${name}" needs at least two members. Use a single filter as it is.`);
  }
  const filters = value.map((one) => readFilter(one, options));
  return name === 'andAll'
    ? (attributes) => filters.every((filter) => filter(attributes))
    : (attributes) => filters.some((filter) => filter(attributes));
}

function readComparison(name: string, value: unknown, { storageType }: FilterOptions): Filter {
  const comparison = COMPARISONS.get(name);
  if (!comparison) {
    throw validation(
      `Unknown filter "${name}". Known: ${[...COMPARISONS.keys()].join(', ')}, andAll, orAll.`,
    );
  }
  if (storageType === 'S3_VECTORS' && (name === 'startsWith' || name === 'stringContains')) {
    throw validation(`Filter "${name}" is not supported by S3 Vectors.`);
  }
  const { key, value: wanted } = readKeyAndValue(name, value);
  if (!comparison.takes(wanted)) {
    throw validation(`Filter "${name}" on "${key}" takes ${comparison.expects}.`);
  }
  return (attributes) =>
    Object.hasOwn(attributes, key) && comparison.holds(attributes[key], wanted);
}

interface Comparison {
  readonly expects: string;
  readonly takes: (wanted: unknown) => boolean;
  readonly holds: (found: unknown, wanted: unknown) => boolean;
}

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map([
  ['equals', onValue((found, wanted) => isSame(found, wanted))],
  ['notEquals', onValue((found, wanted) => !isSame(found, wanted))],
  ['greaterThan', onNumber((found, wanted) => found > wanted)],
  ['greaterThanOrEquals', onNumber((found, wanted) => found >= wanted)],
  ['lessThan', onNumber((found, wanted) => found < wanted)],
  ['lessThanOrEquals', onNumber((found, wanted) => found <= wanted)],
  ['in', onList((found, wanted) => wanted.some((one) => isSame(found, one)))],
  ['notIn', onList((found, wanted) => !wanted.some((one) => isSame(found, one)))],
  [
    'startsWith',
    onString((found, wanted) => typeof found === 'string' && found.startsWith(wanted)),
  ],
  ['stringContains', onString(hasSubstring)],
  ['listContains', onString((found, wanted) => Array.isArray(found) && found.includes(wanted))],
]);

function onValue(holds: Comparison['holds']): Comparison {
  return {
    expects: 'a string, number, boolean or list of strings',
    takes: isAttributeValue,
    holds,
  };
}

function onNumber(holds: (found: number, wanted: number) => boolean): Comparison {
  return {
    expects: 'a number',
    takes: (wanted) => typeof wanted === 'number',
    holds: (found, wanted) =>
      typeof found === 'number' && typeof wanted === 'number' && holds(found, wanted),
  };
}

function onString(holds: (found: unknown, wanted: string) => boolean): Comparison {
  return {
    expects: 'a string',
    takes: (wanted) => typeof wanted === 'string',
    holds: (found, wanted) => typeof wanted === 'string' && holds(found, wanted),
  };
}

function onList(holds: (found: unknown, wanted: readonly unknown[]) => boolean): Comparison {
  return {
    expects: 'a list of strings, numbers or booleans',
    takes: (wanted) => Array.isArray(wanted) && wanted.every((one) => isAttributeValue(one)),
    holds: (found, wanted) => Array.isArray(wanted) && holds(found, wanted),
  };
}

function readKeyAndValue(name: string, value: unknown): { key: string; value: unknown } {
  const { key, value: wanted }: { key?: unknown; value?: unknown } = isObject(value) ? value : {};
  if (typeof key !== 'string' || key === '' || key.length > 100 || wanted === undefined) {
    throw validation(`Filter "${name}" needs a "key" of 1 to 100 characters and a "value".`);
  }
  return { key, value: wanted };
}

function isSame(found: unknown, wanted: unknown): boolean {
  if (!Array.isArray(found) || !Array.isArray(wanted)) return found === wanted;
  return found.length === wanted.length && found.every((one, index) => one === wanted[index]);
}

/** In a list: one of its strings has it inside. */
function hasSubstring(found: unknown, wanted: string): boolean {
  if (Array.isArray(found)) return found.some((one) => hasSubstring(one, wanted));
  return typeof found === 'string' && found.includes(wanted);
}

function isAttributeValue(value: unknown): value is AttributeValue {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string');
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
