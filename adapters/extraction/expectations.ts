import type {
  Expectation,
  FieldValue,
  ViolationKind,
} from '../../workflows/collection/extraction-spec.ts';

export interface Breach {
  readonly kind: Extract<ViolationKind, 'range' | 'items' | 'length' | 'values'>;
  readonly detail: string;
}

/** What `values` break of an expectation. Values are not in the sentences: they may be long or private. */
export function breaches(
  values: readonly FieldValue[],
  expect: Expectation | undefined,
  cardinality: 'one' | 'many',
): readonly Breach[] {
  if (expect === undefined) return [];
  const each = values.flatMap((value) => [
    ...outside('range', value, expect.min, expect.max),
    ...outside('length', lengthOf(value), expect.minLength, expect.maxLength),
    ...unknown(value, expect.values),
  ]);
  if (cardinality === 'one') return each;
  return [...each, ...outside('items', values.length, expect.minItems, expect.maxItems)];
}

function lengthOf(value: FieldValue): number | undefined {
  return typeof value === 'string' ? value.length : undefined;
}

function outside(
  kind: Breach['kind'],
  value: FieldValue | undefined,
  min: number | undefined,
  max: number | undefined,
): readonly Breach[] {
  if (typeof value !== 'number') return [];
  const low = min !== undefined && value < min;
  const high = max !== undefined && value > max;
  if (!low && !high) return [];
  const bound = low ? `at least ${min}` : `at most ${max}`;
  return [{ kind, detail: `The ${NOUNS[kind]} is ${value}, expected ${bound}.` }];
}

function unknown(value: FieldValue, values: readonly string[] | undefined): readonly Breach[] {
  if (values === undefined || values.includes(String(value))) return [];
  return [{ kind: 'values', detail: `The value is none of the ${values.length} expected ones.` }];
}

const NOUNS: Readonly<Record<Breach['kind'], string>> = {
  range: 'number',
  items: 'number of values',
  length: 'length',
  values: 'value',
};
