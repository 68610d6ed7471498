import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { suggestion } from '../adapters/definitions/nearest.ts';
import type { Command, OptionSpec, OptionSpecs, OptionValues } from './commands/command.ts';
import { wrongUsage, type Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

/** What every verb takes. */
export const GLOBAL_OPTIONS = {
  config: {
    type: 'text',
    value: 'FILE',
    summary: 'definitions; default: wellspring.yaml here, else what the embedded system runs',
  },
  json: { type: 'flag', summary: 'one JSON document instead of text, errors too' },
  real: {
    type: 'flag',
    summary: 'the system of your environment variables, even if an embedded one runs',
  },
  state: {
    type: 'text',
    value: 'FOLDER',
    summary: 'state folder of the embedded system; default: .wellspring',
  },
  help: { type: 'flag', summary: 'this text' },
} as const satisfies OptionSpecs;

export type Parsed =
  /** Help was asked for: of one verb, or of all. */
  { readonly kind: 'help'; readonly command?: Command } | ParsedCommand;

export interface ParsedCommand {
  readonly kind: 'command';
  readonly command: Command;
  readonly options: OptionValues<OptionSpecs>;
  readonly global: OptionValues<typeof GLOBAL_OPTIONS>;
  readonly positionals: readonly string[];
}

/** Reads the command line. @throws Problem - wrong usage: names the word, and what was probably meant. */
export function parseArguments(argv: readonly string[], commands: readonly Command[]): Parsed {
  const words = tokensOf(argv, GLOBAL_OPTIONS).flatMap((token) =>
    token.kind === 'positional' ? [token] : [],
  );
  const [first, second] = words;
  const helpWanted = argv.includes('--help') || argv.includes('-h');
  if (first === undefined || first.value === 'help') {
    const about = commands.find(({ name }) => name === second?.value);
    return first === undefined && !helpWanted && argv.length > 0
      ? readGlobal(argv)
      : { kind: 'help', ...(about ? { command: about } : {}) };
  }
  const command = findCommand(first.value, second?.value, commands);
  if (helpWanted) return { kind: 'help', command };
  return readCommand(argv, command, command.name.split(' ').length);
}

/** Options without a verb: a wrong one is named, right ones alone mean help. */
function readGlobal(argv: readonly string[]): Parsed {
  read(argv, GLOBAL_OPTIONS, undefined);
  return { kind: 'help' };
}

function findCommand(
  first: string,
  second: string | undefined,
  commands: readonly Command[],
): Command {
  const two = commands.find(({ name }) => name === `${first} ${second}`);
  const one = two ?? commands.find(({ name }) => name === first);
  if (one) return one;
  const names = commands.map(({ name }) => name);
  throw wrongUsage(
    `"${first}" is no verb of wellspring. ${suggestion(first, names, 'Verbs')}`,
    seeHelp(),
  );
}

function readCommand(argv: readonly string[], command: Command, verbWords: number): ParsedCommand {
  const { values, positionals } = read(argv, { ...GLOBAL_OPTIONS, ...command.options }, command);
  const rest = positionals.slice(verbWords);
  checkPositionals(rest, command);
  const global = Object.fromEntries(
    Object.keys(GLOBAL_OPTIONS).map((name) => [name, values[name]]),
  );
  return {
    kind: 'command',
    command,
    options: values,
    // Read by the same specs a moment ago.
    global: global as OptionValues<typeof GLOBAL_OPTIONS>,
    positionals: rest,
  };
}

function checkPositionals(given: readonly string[], { name, positionals }: Command): void {
  const missing = positionals.find(({ required }, at) => required && !given[at]?.trim());
  if (missing)
    throw wrongUsage(
      `"${name}" needs ${missing.name === 'id' ? 'an' : 'a'} ${missing.name}.`,
      seeHelp(name),
    );
  const extra = given[positionals.length];
  if (extra === undefined || positionals.at(-1)?.many) return;
  throw wrongUsage(`"${name}" does not know what to do with "${extra}".`, seeHelp(name));
}

interface Read {
  readonly values: OptionValues<OptionSpecs>;
  readonly positionals: readonly string[];
}

function read(argv: readonly string[], specs: OptionSpecs, command: Command | undefined): Read {
  const tokens = tokensOf(argv, specs);
  const values: Record<string, string | boolean | number | undefined> = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, defaultOf(spec)]),
  );
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) throw unknownOption(token, specs, command);
    values[token.name] = valueOf(token, spec, command);
  }
  return {
    values,
    positionals: tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : [])),
  };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/** Not strict: what is wrong is said in our own sentences. */
function tokensOf(argv: readonly string[], specs: OptionSpecs): readonly Token[] {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type }]) => [
      name,
      { type: type === 'flag' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  return parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

function defaultOf(spec: OptionSpec): string | boolean | number | undefined {
  if (spec.type === 'flag') return false;
  return spec.type === 'whole' ? spec.default : undefined;
}

function valueOf(
  { rawName, value }: OptionToken,
  spec: OptionSpec,
  command: Command | undefined,
): string | boolean | number {
  if (spec.type === 'flag') {
    if (value === undefined) return true;
    throw wrongUsage(`${rawName} takes no value, but has "${value}".`, seeHelp(command?.name));
  }
  if (value === undefined || value === '') {
    throw wrongUsage(`${rawName} needs a value: ${rawName} ${spec.value}.`, seeHelp(command?.name));
  }
  if (spec.type === 'text') return value;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= spec.min && number <= spec.max) return number;
  throw wrongUsage(
    `${rawName} is "${value}". Use a whole number from ${spec.min} to ${spec.max}.`,
    seeHelp(command?.name),
  );
}

function unknownOption(
  { name, rawName }: OptionToken,
  specs: OptionSpecs,
  command: Command | undefined,
): Problem {
  const known = Object.keys(specs).map((one) => `--${one}`);
  const where = command ? ` of "${command.name}"` : '';
  return wrongUsage(
    `"${rawName}" is no option${where}. ${suggestion(`--${name}`, known, 'Options')}`,
    seeHelp(command?.name),
  );
}

function seeHelp(verb?: string): string {
  return `See "${ourCommand(verb === undefined ? '--help' : `${verb} --help`)}".`;
}

/** A path as the person gave it, made absolute. */
export function absolute(path: string | undefined, workingFolder: string): string | undefined {
  return path === undefined ? undefined : resolve(workingFolder, path);
}
