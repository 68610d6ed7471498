import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchArguments {
  readonly names: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly list: boolean;
  readonly quick: boolean;
  readonly rows?: number;
  readonly pairs?: number;
  readonly samples?: number;
  readonly cases?: string;
  readonly count?: number;
}

/** @throws Error - an argument is wrong; the sentence names it. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const { json, help, list, quick } = values;
  return {
    names: positionals,
    json,
    help,
    list,
    quick,
    ...whole('rows', values.rows, 1),
    // One pair warms up and is dropped.
    ...whole('pairs', values.pairs, 2),
    ...whole('samples', values.samples, 1),
    ...whole('count', values.count, 1),
    ...(values.cases === undefined ? {} : { cases: values.cases }),
  };
}

const OPTIONS = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  list: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  rows: { type: 'string' },
  pairs: { type: 'string' },
  samples: { type: 'string' },
  cases: { type: 'string' },
  count: { type: 'string' },
} as const;

function whole<Name extends string>(
  name: Name,
  text: string | undefined,
  least: number,
): { [N in Name]?: number } {
  if (text === undefined) return {};
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least) return { [name]: value } as { [N in Name]: number };
  throw new Error(`--${name} is "${text}", expected a whole number from ${least} on.`);
}
