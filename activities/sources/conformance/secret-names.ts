import { isMap } from '../../../workflows/is-map.ts';
import type { JsonSchema } from '../contract.ts';
import { placesAt, placesOf } from './json-schema.ts';

/** Whether a setting of this name usually holds a secret. */
export function looksSecret(name: string): boolean {
  return /pass(word|wd|phrase)|secret|(^|[^a-z])token($|[^a-z])|[a-z]Token$|api[-_]?key|access[-_]?key|private[-_]?key|credential|authorization|bearer|cookie|connection[-_]?string/iu.test(
    name,
  );
}

/** Fields that may hold a secret by their name, place or format and are not marked, each as a sentence. */
export function unmarkedSecrets(schema: JsonSchema): readonly string[] {
  return placesOf(schema).flatMap(({ path, schema: one, property = '' }) => {
    const suspect = looksSecret(property) || one['format'] === 'password';
    if (suspect && holdsText(one) && !isMarked(one))
      return [`"${property}" at "${path}" is not marked.`];
    const values = one['additionalProperties'];
    const record = MAPS_OF_SECRETS.test(property) && isMap(values) && holdsText(values);
    return record && !isMarked(one) && !isMarked(values)
      ? [`The values of "${property}" at "${path}" are not marked.`]
      : [];
  });
}

/** Where a config holds one of `secrets` in a field that is not marked, each as a sentence. The value is never shown. */
export function misplacedSecrets(
  schema: JsonSchema,
  config: unknown,
  secrets: readonly string[],
): readonly string[] {
  return leavesOf(config).flatMap(({ path, text }) => {
    if (!secrets.some((secret) => text.includes(secret))) return [];
    const ways = placesAt(schema, path);
    return ways.some((way) => way.some(isMarked))
      ? []
      : [`A secret stands in "${path.join('.')}", which is not marked.`];
  });
}

/** Maps whose keys are named by the person who writes them. */
const MAPS_OF_SECRETS = /^(env|headers|cookies)$/iu;

/** Its values can be texts: a number of tokens is no secret. */
function holdsText(schema: JsonSchema): boolean {
  if (schema['enum'] !== undefined || schema['const'] !== undefined) return false;
  const branches = [schema['anyOf'], schema['oneOf']].flatMap((list) =>
    Array.isArray(list) ? list.filter(isMap) : [],
  );
  return schema['type'] === 'string' || branches.some((one) => holdsText(one));
}

function isMarked(schema: JsonSchema): boolean {
  if (schema['x-secret'] === true) return true;
  const branches = [schema['anyOf'], schema['oneOf']].flatMap((list) =>
    Array.isArray(list) ? list.filter(isMap) : [],
  );
  const texts = branches.filter(holdsText);
  return texts.length > 0 && texts.every(isMarked);
}

interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

/** The texts of a config with their places. */
export function leavesOf(value: unknown, path: readonly string[] = []): readonly Leaf[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key]));
}
