import type { z } from 'zod';
import {
  finding,
  type EntryKind,
  type Finding,
  type Path,
  type Place,
  type Problem,
} from './finding.ts';
import type { RawEntry } from './files.ts';
import { label, problemsOf } from './issues.ts';
import type { Translated } from './paper-names.ts';
import { isSecretAt, type JsonSchema } from './schema-at.ts';
import { valueAt } from './shown.ts';
import { substitute } from './substitute.ts';

/**
 * Turns problems of one entry into findings, each on the line of the key that it is about.
 * `translated` names keys that the person wrote under another name, so that the line is still found.
 */
export function placeOf(
  { value, yaml, path }: RawEntry,
  kind: EntryKind,
  translated: readonly Translated[] = [],
): (problem: Problem) => Finding {
  const id = valueAt(value, ['id']);
  const entry = typeof id === 'string' && id !== '' ? { entry: { kind, id } } : {};
  const place = (at: Path): Place => {
    const line = yaml.lineOf([...path, ...asWritten(at, translated)]);
    return { file: yaml.file, line, ...entry };
  };
  return ({ path: at, what, remedy }) => finding(place(at), what, remedy);
}

function asWritten(path: Path, translated: readonly Translated[]): Path {
  const one = translated.find(({ to }) => to.every((key, at) => path[at] === key));
  return one ? [...one.from, ...path.slice(one.to.length)] : path;
}

/** A checked entry. Where there are `problems`, `data` is missing or not to be trusted. */
export interface CheckedEntry<Data> {
  /** With variables substituted, else as written. */
  readonly value: unknown;
  readonly data?: Data;
  readonly problems: readonly Problem[];
  readonly notices: readonly Problem[];
}

export interface EntryShape<Data> {
  readonly zod: z.ZodType<Data>;
  readonly json: JsonSchema;
  /** Where the checked part lies in its entry. */
  readonly base: Path;
}

/** Substitutes variables, then checks by the schema. A value whose variable is missing is reported once, not twice. */
export function checkEntry<Data>(
  written: unknown,
  shape: EntryShape<Data>,
  variable: (name: string) => string | undefined,
): CheckedEntry<Data> {
  const { zod, json, base } = shape;
  const isSecret = (path: Path): boolean => isSecretAt(json, path);
  const { value, problems, notices } = substitute(written, { variable, isSecret, base });
  const checked = zod.safeParse(value);
  const found = checked.error ? problemsOf(checked.error, { written, schema: json, base }) : [];
  const known = new Set(problems.map(({ path }) => label(path)));
  return {
    value,
    ...(checked.success ? { data: checked.data } : {}),
    problems: [...problems, ...found.filter(({ path }) => !known.has(label(path)))],
    notices,
  };
}
