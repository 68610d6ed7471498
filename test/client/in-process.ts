import type { Temporal } from '../../adapters/temporal/connection.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { parseArguments } from '../../client/arguments.ts';
import { commands } from '../../client/commands/index.ts';
import type { ExitCode } from '../../client/commands/command.ts';
import { readClientConfig } from '../../client/config.ts';
import { explain } from '../../client/explain.ts';
import type { System } from '../../client/system.ts';
import type { Palette } from '../../client/terminal.ts';

export interface Said {
  readonly code: ExitCode;
  /** What goes to standard output; that of an error is its name and its sentence. */
  readonly text: string;
  readonly data: unknown;
  /** What was said on the way. */
  readonly notices: string;
}

export interface InProcessParts {
  readonly db: Database;
  readonly temporal: () => Promise<Temporal>;
  /** Columns of the terminal. Default: 200. */
  readonly width?: number;
}

const same = (text: string): string => text;
const PLAIN: Palette = { strong: same, faint: same, good: same, warn: same, bad: same, name: same };

/** Runs one command line in this process, against the parts of a test: what `runCli` does, in a hundredth of the time. Nobody sits at the terminal. */
export async function runHere(
  { db, temporal, width = 200 }: InProcessParts,
  argv: readonly string[],
): Promise<Said> {
  const parsed = parseArguments(argv, commands);
  if (parsed.kind === 'help') throw new Error('Help has no system.');
  const notices: string[] = [];
  const system: System = {
    target: { kind: 'real', because: 'a test' },
    database: async () => db,
    temporal,
    schedules: () => Promise.reject(new Error('No schedules here.')),
    aws: () => Promise.reject(new Error('No cloud here.')),
    close: async () => undefined,
  };
  try {
    const { code, text, data } = await parsed.command
      .run({
        options: parsed.options,
        positionals: parsed.positionals,
        configFile: undefined,
        target: { real: true, stateFolder: undefined, workingFolder: '.' },
        config: readClientConfig({}),
        terminal: {
          width,
          paint: PLAIN,
          result: () => undefined,
          notice: (line) => notices.push(line),
          problem: () => undefined,
          progress: () => undefined,
          settle: () => undefined,
        },
        system: async () => system,
      })
      .then((answer) => ({ code: answer.exitCode ?? 0, ...answer }));
    return { code, text, data, notices: notices.join('\n') };
  } catch (error) {
    const { message, options } = explain(error);
    const code = options.exitCode ?? 1;
    const text = `${options.failure ?? 'Error'}: ${message} ${options.remedy ?? ''}`;
    return { code, text, data: undefined, notices: notices.join('\n') };
  }
}
