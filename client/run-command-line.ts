import { absolute, parseArguments, type ParsedCommand } from './arguments.ts';
import type { ClientConfig } from './config.ts';
import { commands } from './commands/index.ts';
import type { Answer, ExitCode } from './commands/command.ts';
import { commandHelp, globalHelp } from './help.ts';
import { problemJson, problemText } from './problem-text.ts';
import { Problem } from './problem.ts';
import type { System } from './system.ts';
import { createTerminal, errorPalette, type Streams, type Terminal } from './terminal.ts';

/** `wellspring`: reads the command line, runs one verb, writes its answer or what went wrong. Stands in the working folder afterwards. */
export async function runCommandLine(
  argv: readonly string[],
  config: ClientConfig,
  streams: Streams = process,
): Promise<ExitCode> {
  const json = argv.includes('--json');
  const terminal = createTerminal({ ...config, json }, streams);
  try {
    const parsed = parseArguments(argv, commands);
    if (parsed.kind === 'help') {
      const { command } = parsed;
      terminal.result(command ? commandHelp(command, terminal) : globalHelp(commands, terminal));
      return 0;
    }
    const answer = await run(parsed, config, terminal);
    terminal.result(json ? JSON.stringify(answer.data, null, 2) : answer.text);
    return answer.exitCode ?? 0;
  } catch (error) {
    const problem = error instanceof Problem ? error : await explained(error);
    const options = { width: terminal.width, paint: errorPalette(config, streams) };
    terminal.problem(json ? problemJson(problem) : problemText(problem, options));
    return problem.options.exitCode ?? 1;
  }
}

/** Every SDK loads lazily, so that the prompt comes back at once where none is needed. */
async function explained(error: unknown): Promise<Problem> {
  const { explain } = await import('./explain.ts');
  return explain(error);
}

async function run(
  { command, options, positionals, global }: ParsedCommand,
  config: ClientConfig,
  terminal: Terminal,
): Promise<Answer> {
  // The project's own folder second: `npm --prefix` is typed elsewhere, and the system may run here.
  const projectFolder = process.cwd();
  const { workingFolder } = config;
  process.chdir(workingFolder);
  const target = {
    real: global.real,
    stateFolder: absolute(global.state, workingFolder),
    workingFolder,
    projectFolder,
  };
  let opened: Promise<System> | undefined;
  const open = async (): Promise<System> => {
    const { describeTarget, openSystem } = await import('./system.ts');
    const { findTarget } = await import('./target.ts');
    const found = await findTarget(target, config);
    terminal.notice(describeTarget(found, config));
    return openSystem(found, config);
  };
  const system = (): Promise<System> => (opened ??= open());
  try {
    const configFile = global.config;
    return await command.run({
      options,
      positionals,
      configFile,
      target,
      config,
      terminal,
      system,
    });
  } finally {
    await (await opened?.catch(() => undefined))?.close();
  }
}
