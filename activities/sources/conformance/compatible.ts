import { isMap } from '../../../workflows/is-map.ts';
import type { JsonSchema } from '../contract.ts';

/** Why a config that `before` takes may be refused by `after`, each as a sentence. Empty: whoever has a config keeps it. */
export function narrowings(
  before: JsonSchema,
  after: JsonSchema,
  at = 'config',
): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [
    ...lostTypes(before, after, at),
    ...lostValues(before, after, at),
    ...tighterBounds(before, after, at),
    ...newlyRequired(before, after, at),
    ...lostProperties(before, after, at),
    ...lostBranches(before, after, at),
    ...['items', 'additionalProperties'].flatMap((key) =>
      inner(before[key], after[key], `${at}.${key}`),
    ),
    ...propertiesOf(before).flatMap(([name, one]) =>
      inner(one, Object.fromEntries(propertiesOf(after))[name], `${at}.${name}`),
    ),
  ];
}

function inner(before: unknown, after: unknown, at: string): readonly string[] {
  return isMap(before) && isMap(after) ? narrowings(before, after, at) : [];
}

function lostTypes(before: JsonSchema, after: JsonSchema, at: string): readonly string[] {
  const now = typesOf(after);
  if (now === undefined) return [];
  const was = typesOf(before);
  // Without a type before, alternatives are compared by themselves.
  if (was === undefined)
    return before['anyOf'] || before['oneOf'] ? [] : [`"${at}" had any type and is narrowed.`];
  const lost = was.filter(
    (type) => !now.includes(type) && !(type === 'integer' && now.includes('number')),
  );
  return lost.map((type) => `"${at}" may no longer be of the type "${type}".`);
}

function typesOf({ type }: JsonSchema): readonly string[] | undefined {
  if (type === undefined) return undefined;
  return (Array.isArray(type) ? type : [type]).filter((one) => typeof one === 'string');
}

function lostValues(before: JsonSchema, after: JsonSchema, at: string): readonly string[] {
  const now = valuesOf(after);
  if (now === undefined) return [];
  const was = valuesOf(before);
  if (was === undefined)
    return after['type'] === before['type'] ? [`"${at}" takes only some values now.`] : [];
  const known = new Set(now.map((one) => JSON.stringify(one)));
  return was
    .map((one) => JSON.stringify(one))
    .filter((one) => !known.has(one))
    .map((one) => `"${at}" no longer takes ${one}.`);
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (Array.isArray(schema['enum'])) return schema['enum'];
  return schema['const'] === undefined ? undefined : [schema['const']];
}

const FLOORS = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'];
const CEILINGS = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'];

function tighterBounds(before: JsonSchema, after: JsonSchema, at: string): readonly string[] {
  const sentence = (key: string): string =>
    `"${key}" of "${at}" is tighter: ${bound(before[key])} became ${bound(after[key])}.`;
  const floors = FLOORS.filter(
    (key) => number(after[key], -Infinity) > number(before[key], -Infinity),
  );
  const ceilings = CEILINGS.filter(
    (key) => number(after[key], Infinity) < number(before[key], Infinity),
  );
  const changed = ['pattern', 'format'].filter(
    (key) => after[key] !== undefined && after[key] !== before[key],
  );
  return [...floors, ...ceilings, ...changed].map(sentence);
}

function number(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function bound(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

function newlyRequired(before: JsonSchema, after: JsonSchema, at: string): readonly string[] {
  const was = new Set(requiredOf(before));
  return requiredOf(after)
    .filter((name) => !was.has(name))
    .map((name) => `"${at}.${name}" is required now.`);
}

function requiredOf({ required }: JsonSchema): readonly string[] {
  return Array.isArray(required) ? required.map(String) : [];
}

function lostProperties(before: JsonSchema, after: JsonSchema, at: string): readonly string[] {
  if (after['additionalProperties'] !== false) return [];
  const now = new Set(propertiesOf(after).map(([name]) => name));
  return propertiesOf(before)
    .filter(([name]) => !now.has(name))
    .map(([name]) => `"${at}.${name}" is no longer known.`);
}

function propertiesOf({ properties }: JsonSchema): readonly [string, unknown][] {
  return isMap(properties) ? Object.entries(properties) : [];
}

/** Each alternative of before must still fit into one of now. */
function lostBranches(before: JsonSchema, after: JsonSchema, at: string): readonly string[] {
  return ['anyOf', 'oneOf'].flatMap((key) => {
    const was = before[key];
    const now = after[key] ?? after['anyOf'] ?? after['oneOf'] ?? [after];
    if (!Array.isArray(was) || !Array.isArray(now)) return [];
    const places = now.filter(isMap);
    const lost = was.filter(
      (one) => isMap(one) && !places.some((to) => narrowings(one, to).length === 0),
    );
    return lost.length === 0
      ? []
      : [`"${at}" no longer takes ${lost.length} of its ${was.length} alternatives.`];
  });
}
