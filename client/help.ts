import { GLOBAL_OPTIONS } from './arguments.ts';
import type { Command, OptionSpec, OptionSpecs, Positional } from './commands/command.ts';
import { ourCommand } from './spoken-commands.ts';
import type { Palette } from './terminal.ts';
import { indented } from './text.ts';

export interface HelpOptions {
  readonly width: number;
  readonly paint: Palette;
}

/** The page of all verbs. */
export function globalHelp(commands: readonly Command[], { width, paint }: HelpOptions): string {
  const rows = commands.map((one) => [usageOf(one), one.summary] as const);
  return [
    `${paint.strong('wellspring')} keeps a knowledge base in step with its sources.`,
    section('Usage', `  ${ourCommand('<verb> [options]')}`, paint),
    section('Verbs', list(rows, width), paint),
    section('Options of every verb', list(optionRows(GLOBAL_OPTIONS), width), paint),
    section('Examples', GLOBAL_EXAMPLES.map((rest) => `  ${ourCommand(rest)}`).join('\n'), paint),
    section('Which system', indented(WHICH_SYSTEM, width, '  '), paint),
    section('Exit codes', indented(EXIT_CODES, width, '  '), paint),
    section('In scripts', indented(IN_SCRIPTS, width, '  '), paint),
  ].join('\n\n');
}

const GLOBAL_EXAMPLES = [
  'ask "which licences demand the source when the program is used over a network?"',
  'sources',
  'run licences',
  'plan --config wellspring.yaml',
  'run --help',
];

const WHICH_SYSTEM =
  'The embedded system that npm start keeps up in this folder, or in the nearest one above. Where there is none, or with --real: the one ' +
  'that TEMPORAL_ADDRESS (or TEMPORAL_PROFILE), WELLSPRING_DATABASE_URL and the variables of the AWS SDK name.';
const EXIT_CODES =
  '0 succeeded, 3 partial, 4 held, 1 failed, 2 wrong usage, 130 broken off with Ctrl-C.';
const IN_SCRIPTS =
  'Type npm run --silent cli -- … --json, so that npm itself prints nothing: the result is one JSON document on standard output, an error ' +
  'one on standard error.';

/** The page of one verb. */
export function commandHelp(command: Command, { width, paint }: HelpOptions): string {
  const { options, details, examples } = command;
  const own = optionRows(options);
  return [
    command.summary,
    section(
      'Usage',
      `  ${ourCommand(usageOf(command))}${own.length > 0 ? ' [options]' : ''}`,
      paint,
    ),
    ...(details === undefined ? [] : [indented(details, width, '')]),
    ...(own.length > 0 ? [section('Options', list(own, width), paint)] : []),
    section('Options of every verb', list(optionRows(GLOBAL_OPTIONS), width), paint),
    section('Examples', examples.map((rest) => `  ${ourCommand(rest)}`).join('\n'), paint),
  ].join('\n\n');
}

function usageOf({ name, positionals }: Command): string {
  return [name, ...positionals.map(positionalText)].join(' ');
}

function positionalText({ name, required }: Positional): string {
  if (name === 'question') return '"<question>"';
  return required ? `<${name}>` : `[${name}]`;
}

function optionRows(specs: OptionSpecs): readonly (readonly [string, string])[] {
  return Object.entries(specs).map(([name, spec]) => [optionText(name, spec), summaryOf(spec)]);
}

function optionText(name: string, spec: OptionSpec): string {
  return spec.type === 'flag' ? `--${name}` : `--${name} ${spec.value}`;
}

function summaryOf(spec: OptionSpec): string {
  return spec.type === 'whole' ? `${spec.summary}; default: ${spec.default}` : spec.summary;
}

function section(title: string, body: string, paint: Palette): string {
  return `${paint.strong(title)}\n${body}`;
}

function list(rows: readonly (readonly [string, string])[], width: number): string {
  const left = Math.max(...rows.map(([term]) => term.length)) + 4;
  return rows
    .map(([term, text]) => indented(text, width, ' '.repeat(left), `  ${term}`.padEnd(left)))
    .join('\n');
}
