import { createHash } from 'node:crypto';
import { z } from 'zod';
import { failure } from '../../../workflows/failures.ts';
import type { Column } from './dialect.ts';

/** What a stored cursor and the documents hang on: the key, and columns with their types. */
export const Shape = z.strictObject({
  key: z.array(z.string()),
  /** Name and type. Pairs, because a column may have any name, also one that objects have already. */
  columns: z.array(z.tuple([z.string(), z.string()])),
  /** In a very wide table only the columns that a read cannot do without are named; this stands for all of them. */
  rest: z.exactOptional(z.string()),
});
export type Shape = z.infer<typeof Shape>;

/** A cursor holds the shape and stays small. */
const MAX_NAMED_CHARACTERS = 900;

/** `vital` columns are named in any case. */
export function shapeOf(
  key: readonly Column[],
  columns: readonly Column[],
  vital: readonly Column[],
): Shape {
  const all = typesOf(columns);
  const text = JSON.stringify(all);
  const named = { key: key.map(({ name }) => name), columns: all };
  if (text.length <= MAX_NAMED_CHARACTERS) return named;
  const rest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { ...named, columns: typesOf(vital), rest };
}

function typesOf(columns: readonly Column[]): [string, string][] {
  return columns
    .map(({ name, type }): [string, string] => [name, type])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** The differences between two shapes, each as a clause. */
export interface ShapeChange {
  /** Lost columns, other types, another key. */
  readonly broken: readonly string[];
  /** New columns, and what happened to columns without a name here. */
  readonly noted: readonly string[];
}

export function changesOf(before: Shape, after: Shape): ShapeChange {
  const [was, is] = [new Map(before.columns), new Map(after.columns)];
  const named = [...was].flatMap(([name, type]) => {
    const now = is.get(name);
    // Whether a table counts as wide may have changed with it: then only its name is missing here.
    if (now === undefined) return after.rest === undefined ? [`column "${name}" is gone`] : [];
    return now === type ? [] : [`column "${name}" was "${type}" and is "${now}"`];
  });
  const added = [...is.keys()].filter((name) => !was.has(name));
  return {
    broken: [...keyChange(before.key, after.key), ...named],
    noted: [
      ...(before.rest === undefined ? added.map((name) => `column "${name}" is new`) : []),
      ...(before.rest === after.rest ? [] : ['some of its many columns changed']),
    ],
  };
}

function keyChange(before: readonly string[], after: readonly string[]): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [`its key was (${before.join(', ')}) and is (${after.join(', ')})`];
}

/** SchemaDrift: what is stored no longer fits the table, so nothing more is read. */
export function drifted(name: string, why: string, cause?: unknown): Error {
  return failure(
    'SchemaDrift',
    `The columns of ${name} changed since they were read: ${why}. Compare the definition with them; the next run begins from the start.`,
    { cause },
  );
}
