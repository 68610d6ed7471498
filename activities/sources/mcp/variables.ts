import { MAX_VALUES, parsePath, valuesAt } from '../../../adapters/extraction/json-path.ts';
import { failure } from '../../../workflows/failures.ts';
import type { VariableConfig } from './config.ts';
import type { ToolBox } from './tool-box.ts';
import type { Values } from './uri-template.ts';

type Scalar = string | number;

/**
 * Every combination of the values of `variables`, one after the other; one empty combination when there are none.
 * @throws InvalidConfig - a tool gave something that is no value, or there are more than 100,000 combinations.
 */
export async function combinations(
  variables: Readonly<Record<string, VariableConfig>>,
  tools: ToolBox,
): Promise<Iterable<Values>> {
  const columns: [string, readonly Scalar[]][] = [];
  for (const [name, source] of Object.entries(variables)) {
    columns.push([name, await valuesOf(name, source, tools)]);
  }
  const count = columns.reduce((product, [, values]) => product * values.length, 1);
  if (count > MAX_COMBINATIONS) throw tooMany(columns, count);
  return product(columns);
}

const MAX_COMBINATIONS = 100_000;

/**
 * Values at a path of an answer; a list there is flattened.
 * @throws InvalidConfig - a path with `*` meets more values than it can take, so that some would be left out unseen.
 */
export function itemsAt(data: unknown, path: string | undefined): readonly unknown[] {
  const values = valuesAt(data, parsePath(path ?? '') ?? []);
  if (values.length >= MAX_VALUES) {
    throw failure(
      'InvalidConfig',
      `The path "${path}" meets more than ${MAX_VALUES} values in one answer. Let it end at the list itself, or read in pages.`,
    );
  }
  return values.flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]));
}

async function valuesOf(
  name: string,
  source: VariableConfig,
  tools: ToolBox,
): Promise<readonly Scalar[]> {
  if (Array.isArray(source)) return [...new Set(source)];
  const answer = await tools.call(source.tool, source.args ?? {});
  if (answer.isError) {
    throw failure(
      'SourceUnavailable',
      `The tool "${source.tool}", which gives the values of "${name}", answered with an error. Look at its arguments and at the server.`,
    );
  }
  const values = itemsAt(answer.data, source.itemsPath).flatMap((value) =>
    scalars(value, name, source.tool),
  );
  return [...new Set(values)];
}

function scalars(value: unknown, name: string, tool: string): readonly Scalar[] {
  if (typeof value === 'number') return [value];
  if (typeof value === 'string') {
    return value
      .split(/\r?\n/u)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  throw failure(
    'InvalidConfig',
    `The tool "${tool}" gives values of "${name}" that are neither texts nor numbers. Let "itemsPath" end at them, for example "items[*].id".`,
  );
}

function* product(columns: readonly [string, readonly Scalar[]][]): Generator<Values> {
  const [first, ...rest] = columns;
  if (first === undefined) yield {};
  else {
    const [name, values] = first;
    for (const value of values) {
      for (const others of product(rest)) yield { [name]: value, ...others };
    }
  }
}

function tooMany(columns: readonly [string, readonly Scalar[]][], count: number): Error {
  const sizes = columns.map(([name, values]) => `"${name}" has ${values.length}`).join(', ');
  return failure(
    'InvalidConfig',
    `The variables make ${count} combinations (${sizes}); ${MAX_COMBINATIONS} are allowed. Narrow them.`,
  );
}
