import { isMap } from '../../../workflows/is-map.ts';
import type { JsonSchema } from '../contract.ts';

/** A schema inside another one, with its place as a JSON pointer. */
export interface Place {
  readonly path: string;
  readonly schema: JsonSchema;
  /** The name of the property whose value it describes, if it is one. */
  readonly property?: string;
}

/** The schema and every one inside it, outermost first. */
export function placesOf(schema: unknown, path = '#', property?: string): readonly Place[] {
  if (!isMap(schema)) return [];
  const here = { path, schema, ...(property === undefined ? {} : { property }) };
  return [here, ...Object.entries(schema).flatMap(([key, value]) => inside(key, value, path))];
}

/** What keeps a value from being a JSON Schema 2020-12, each as a sentence. Leftovers of older drafts are named. */
export function schemaFaults(schema: JsonSchema): readonly string[] {
  const dialect = String(schema['$schema']);
  return [
    ...(dialect.includes('2020-12') ? [] : [`"$schema" is "${dialect}".`]),
    ...placesOf(schema).flatMap(({ path, schema: one }) => [
      ...Object.entries(one).flatMap(([key, value]) => keywordFault(key, value, path)),
      ...danglingReference(one, schema, path),
    ]),
  ];
}

/** The places that a value at `path` of a config may be described by: one way through each alternative. */
export function placesAt(root: JsonSchema, path: readonly string[]): readonly JsonSchema[][] {
  return walk(root, root, path);
}

const ONE = [
  'additionalProperties',
  'items',
  'contains',
  'not',
  'if',
  'then',
  'else',
  'propertyNames',
];
const LIST = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const MAP = ['properties', 'patternProperties', '$defs', 'dependentSchemas'];

function inside(key: string, value: unknown, path: string): readonly Place[] {
  const at = `${path}/${key}`;
  if (ONE.includes(key)) return placesOf(value, at);
  if (LIST.includes(key) && Array.isArray(value))
    return value.flatMap((one, index) => placesOf(one, `${at}/${index}`));
  if (!MAP.includes(key) || !isMap(value)) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    placesOf(one, `${at}/${name}`, key === 'properties' ? name : undefined),
  );
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isSchema = (value: unknown): boolean => isMap(value) || typeof value === 'boolean';
const isSchemas = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isSchema);
const isSchemaMap = (value: unknown): boolean =>
  isMap(value) && Object.values(value).every(isSchema);
const isPattern = (value: unknown): boolean => {
  try {
    return isText(value) && new RegExp(String(value), 'u') instanceof RegExp;
  } catch {
    return false;
  }
};
const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);
const isType = (value: unknown): boolean =>
  (Array.isArray(value) ? value : [value]).every((one) => TYPES.has(String(one)));

/** Keyword → what its value has to be. */
const KEYWORDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: isType,
  ...Object.fromEntries(ONE.map((key) => [key, isSchema])),
  ...Object.fromEntries(LIST.map((key) => [key, isSchemas])),
  ...Object.fromEntries(MAP.map((key) => [key, isSchemaMap])),
  required: isTexts,
  enum: (value) => Array.isArray(value) && value.length > 0,
  pattern: isPattern,
  ...Object.fromEntries(
    ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'].map((key) => [
      key,
      isNumber,
    ]),
  ),
  ...Object.fromEntries(
    ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map(
      (key) => [key, isCount],
    ),
  ),
  ...Object.fromEntries(
    ['$schema', '$id', '$ref', 'title', 'description', 'format'].map((key) => [key, isText]),
  ),
  // Of older drafts: they mean nothing any more.
  ...Object.fromEntries(
    ['definitions', 'dependencies', 'additionalItems', 'id'].map((key) => [key, () => false]),
  ),
};

function keywordFault(key: string, value: unknown, path: string): readonly string[] {
  const isGood = Object.hasOwn(KEYWORDS, key) ? KEYWORDS[key] : undefined;
  return isGood === undefined || isGood(value)
    ? []
    : [`"${key}" at "${path}" has a value that JSON Schema 2020-12 does not know.`];
}

function danglingReference(one: JsonSchema, root: JsonSchema, path: string): readonly string[] {
  const to = one['$ref'];
  if (typeof to !== 'string' || resolve(root, to) !== undefined) return [];
  return [`"$ref" at "${path}" points to "${to}", which is not there.`];
}

function resolve(root: JsonSchema, reference: string): JsonSchema | undefined {
  const steps = reference.split('/').slice(1);
  const found = steps.reduce<unknown>((at, step) => (isMap(at) ? at[step] : undefined), root);
  return reference.startsWith('#') && isMap(found) ? found : undefined;
}

function walk(
  root: JsonSchema,
  schema: JsonSchema,
  path: readonly string[],
): readonly JsonSchema[][] {
  const target = typeof schema['$ref'] === 'string' ? resolve(root, schema['$ref']) : undefined;
  if (target !== undefined) return walk(root, target, path);
  const branches = LIST.slice(0, 3).flatMap((key) => {
    const list = schema[key];
    return Array.isArray(list) ? list.filter(isMap) : [];
  });
  const through = branches.flatMap((one) => walk(root, one, path));
  const [first, ...rest] = path;
  if (first === undefined) return [[schema], ...through.map((way) => [schema, ...way])];
  const next = child(schema, first);
  const direct = next === undefined ? [] : walk(root, next, rest);
  return [...direct, ...through].map((way) => [schema, ...way]);
}

function child(schema: JsonSchema, name: string): JsonSchema | undefined {
  const { properties, additionalProperties, items } = schema;
  const named = isMap(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  return [named, /^\d+$/u.test(name) ? items : undefined, additionalProperties].find(isMap);
}
