import type { ClientConfig } from '../config.ts';
import type { System } from '../system.ts';
import type { TargetOptions } from '../target.ts';
import type { Terminal } from '../terminal.ts';

/** 0 succeeded, 1 failed, 2 wrong usage, 3 partial, 4 held, 130 broken off by Ctrl-C. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

/** What a verb answers: `data` for programs (with --json), `text` for people. */
export interface Answer {
  readonly data: unknown;
  readonly text: string;
  /** 0 where it is left out. */
  readonly exitCode?: ExitCode;
}

export type OptionSpec =
  | { readonly type: 'flag'; readonly summary: string }
  | { readonly type: 'text'; readonly value: string; readonly summary: string }
  | {
      readonly type: 'whole';
      readonly value: string;
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly summary: string;
    };

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: OptionValue<Specs[Name]['type']>;
};

type OptionValue<Type extends OptionSpec['type']> = Type extends 'flag'
  ? boolean
  : Type extends 'whole'
    ? number
    : string | undefined;

/** Everything that a verb is given. */
export interface Context<Options> {
  readonly options: Options;
  /** As many as the verb requires at least, none of them empty. */
  readonly positionals: readonly string[];
  /** `--config`. */
  readonly configFile: string | undefined;
  readonly target: TargetOptions;
  readonly config: ClientConfig;
  readonly terminal: Terminal;
  /** The system that this client talks to; said on standard error when it is first asked for. */
  system(): Promise<System>;
}

export interface Positional {
  /** As the usage shows it: `source`. */
  readonly name: string;
  readonly required: boolean;
  /** Takes all that follow, too. */
  readonly many?: boolean;
}

/** A verb: what its help says, and what it does. */
export interface Command {
  /** One or two words. */
  readonly name: string;
  readonly summary: string;
  readonly positionals: readonly Positional[];
  readonly options: OptionSpecs;
  /** What follows `npm run cli --`. */
  readonly examples: readonly string[];
  /** More paragraphs of its help. */
  readonly details?: string;
  run(context: Context<OptionValues<OptionSpecs>>): Promise<Answer>;
}

export interface TypedCommand<Specs extends OptionSpecs> extends Omit<Command, 'options' | 'run'> {
  readonly options: Specs;
  readonly run: (context: Context<OptionValues<Specs>>) => Promise<Answer>;
}

/** Binds the types of a verb's options, so that the table holds plain commands. */
export function command<const Specs extends OptionSpecs>(typed: TypedCommand<Specs>): Command {
  // The parser gives exactly what the specs say.
  return { ...typed, run: (context) => typed.run(context as Context<OptionValues<Specs>>) };
}
