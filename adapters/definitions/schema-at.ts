import type { Path } from './finding.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Every part of a JSON Schema that may describe the value at `path`: references followed, alternatives fanned out. */
function schemasAt(root: JsonSchema, path: Path): readonly JsonSchema[] {
  let here = alternatives(root, root);
  for (const key of path) here = here.flatMap((one) => below(root, one, key));
  return here;
}

/** The keys that a map at `path` may have; empty when any key is allowed or none is known. */
export function keysAt(root: JsonSchema, path: Path): readonly string[] {
  return [
    ...new Set(schemasAt(root, path).flatMap((one) => Object.keys(schemaIn(one, 'properties')))),
  ];
}

/** The `description` of the field at `path`, if its schema has one. */
export function descriptionAt(root: JsonSchema, path: Path): string | undefined {
  return schemasAt(root, path)
    .map((one) => one['description'])
    .find((text) => typeof text === 'string');
}

/** Does the value at `path`, or something that it is part of, carry `x-secret: true`? */
export function isSecretAt(root: JsonSchema, path: Path): boolean {
  const known = secretPaths.get(root) ?? new Map<string, boolean>();
  secretPaths.set(root, known);
  const form = path.map((key) => (typeof key === 'number' ? '#' : key)).join('\0');
  const remembered = known.get(form);
  if (remembered !== undefined) return remembered;
  const isSecret = findSecret(root, path);
  if (known.size < MAX_FORMS) known.set(form, isSecret);
  return isSecret;
}

/** Thousands of sources have the same few forms of paths, and a walk through the schema for each text was a third of loading them. */
const secretPaths = new WeakMap<JsonSchema, Map<string, boolean>>();
/** Headers and the like have keys of their own: what is remembered stays bounded. */
const MAX_FORMS = 10_000;

function findSecret(root: JsonSchema, path: Path): boolean {
  return [...path.keys(), path.length].some((length) =>
    schemasAt(root, path.slice(0, length)).some((one) => one['x-secret'] === true),
  );
}

function below(root: JsonSchema, schema: JsonSchema, key: string | number): readonly JsonSchema[] {
  const properties = schemaIn(schema, 'properties');
  if (typeof key === 'string' && Object.hasOwn(properties, key)) {
    return alternatives(root, properties[key]);
  }
  if (typeof key === 'string') return alternatives(root, schema['additionalProperties']);
  const prefixItems: unknown = schema['prefixItems'];
  const tuple: unknown = Array.isArray(prefixItems) ? prefixItems[key] : undefined;
  return alternatives(root, tuple ?? schema['items']);
}

/** The schema itself and whatever it refers to or combines. References into itself end at the depth bound. */
function alternatives(root: JsonSchema, schema: unknown, depth = 0): readonly JsonSchema[] {
  if (!isSchema(schema) || depth > MAX_DEPTH) return [];
  const combined = COMBINATORS.flatMap((word) => (Array.isArray(schema[word]) ? schema[word] : []));
  const parts = [...combined, referenced(root, schema['$ref'])];
  return [schema, ...parts.flatMap((part) => alternatives(root, part, depth + 1))];
}

const COMBINATORS = ['anyOf', 'oneOf', 'allOf'] as const;
const MAX_DEPTH = 8;

function referenced(root: JsonSchema, ref: unknown): unknown {
  if (typeof ref !== 'string' || !ref.startsWith('#')) return undefined;
  const names = ref.split('/').slice(1);
  return names.reduce<unknown>(
    (here, name) => (isSchema(here) ? here[decodeURIComponent(name)] : undefined),
    root,
  );
}

function schemaIn(schema: JsonSchema, word: string): JsonSchema {
  const part = schema[word];
  return isSchema(part) ? part : {};
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
