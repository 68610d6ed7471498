import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPlainYaml } from '../../adapters/definitions/plain-yaml.ts';
import { isMap } from '../../workflows/is-map.ts';
import type { LocalConfig } from '../config.ts';

type Part = Readonly<Record<string, unknown>>;

/**
 * A part of a config: YAML in braces, or a file of YAML or JSON. `${env:NAME}` becomes the value of the variable.
 * @throws Error - it cannot be read, is no map, or names a variable that is not set.
 */
export function readPart(
  text: string,
  option: string,
  { workingFolder, ambient }: Pick<LocalConfig, 'workingFolder' | 'ambient'>,
): Part {
  const isInline = text.trimStart().startsWith('{');
  const where = isInline ? `The text after --${option}` : `The file "${text}" of --${option}`;
  const content = isInline ? text : fileText(resolve(workingFolder, text), where);
  const value = readPlainYaml(content)?.value;
  if (!isMap(value)) throw new Error(`${where} is no YAML map. Write what stands under "config:".`);
  return mapTexts(value, (one) => withVariables(one, ambient)) as Part;
}

/** `changes` laid over `base`, map by map; lists and texts are replaced. */
export function merged(base: Part, changes: Part): Part {
  const entries = Object.entries(changes).map(([key, value]) => {
    const before = base[key];
    return [key, isMap(before) && isMap(value) ? merged(before, value) : value] as const;
  });
  return { ...base, ...Object.fromEntries(entries) };
}

function fileText(path: string, where: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${where} cannot be read. Look whether it is there.`, { cause: error });
  }
}

function withVariables(text: string, ambient: LocalConfig['ambient']): string {
  return text.replaceAll(/\$\{env:([A-Za-z_]\w*)\}/gu, (_whole, name: string) => {
    const value = ambient(name);
    if (value === undefined)
      throw new Error(`The variable "${name}" is not set. Set it, or give the value in its place.`);
    return value;
  });
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, change));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, mapTexts(one, change)]),
  );
}
