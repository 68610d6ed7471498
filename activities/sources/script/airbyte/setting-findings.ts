import { z } from 'zod';
import type { ScriptConfig } from '../config.ts';
import { mergedSettings } from '../settings.ts';

type Schema = Readonly<Record<string, unknown>>;

/** What is wrong with the settings by the source's own JSON Schema, each finding with its field and without its value. */
export function settingFindings(config: ScriptConfig, specification: Schema): readonly string[] {
  const plain = secretPaths(specification).filter((path) => holds(config.settings, path));
  return [
    ...plain.map((path) => `"settings.${path.join('.')}" is a secret; move it to "secretSettings"`),
    ...misfits(mergedSettings(config), specification),
  ];
}

function misfits(settings: Schema, specification: Schema): readonly string[] {
  const schema = readable(specification);
  const issues = schema?.safeParse(settings).error?.issues ?? [];
  return issues.map((issue) => {
    const field = `"settings${issue.path.map((part) => `.${String(part)}`).join('')}"`;
    if (issue.message.endsWith('received undefined')) return `${field} is missing`;
    if (issue.code === 'invalid_union') return `${field} fits none of its forms`;
    return `${field} is wrong (${issue.message})`;
  });
}

/** A schema that uses what nobody here understands refuses nothing: the source's own check comes next. */
function readable(specification: Schema): z.ZodType | undefined {
  try {
    return z.fromJSONSchema(specification);
  } catch {
    return undefined;
  }
}

/** The paths of settings that the source itself marks as secret. */
function secretPaths(schema: Schema, path: readonly string[] = []): readonly (readonly string[])[] {
  if (path.length > MAX_DEPTH) return [];
  const own = schema['airbyte_secret'] === true ? [path] : [];
  const properties = Object.entries(isSchema(schema['properties']) ? schema['properties'] : {});
  const forms = Array.isArray(schema['oneOf']) ? schema['oneOf'].filter(isSchema) : [];
  return [
    ...own,
    ...properties.flatMap(([name, inner]) =>
      isSchema(inner) ? secretPaths(inner, [...path, name]) : [],
    ),
    ...forms.flatMap((form) => secretPaths(form, path)),
  ];
}

const MAX_DEPTH = 8;

function holds(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return value !== undefined;
  return isSchema(value) && Object.hasOwn(value, first) && holds(value[first], rest);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
