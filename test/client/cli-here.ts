import { commands } from '../../client/commands/index.ts';
import { readClientConfig } from '../../client/config.ts';
import { runCommandLine } from '../../client/run-command-line.ts';
import type { Streams } from '../../client/terminal.ts';
import { runCli, type CliOptions, type CliResult } from './run-cli.ts';

/**
 * Types command lines. The first of each verb is a process of its own, as people start it, which shows that its process ends; what is typed
 * again runs here, without half a second of Node's start. One at a time, since a process stands in one folder.
 */
export function createTypist(): typeof runCli {
  const typed = new Set<string>();
  return (args, options) => {
    const verb = verbOf(args);
    if (typed.has(verb)) return cliHere(args, options);
    typed.add(verb);
    return runCli(args, options);
  };
}

/** The longest name that fits: `run show` is not `run`. */
function verbOf(args: readonly string[]): string {
  const words = args.slice(0, 2).join(' ');
  return commands.some(({ name }) => name === words) ? words : (args[0] ?? '');
}

/** What `runCli` does, in this process: the same command line, system, texts and exit code. */
export async function cliHere(
  args: readonly string[],
  { cwd, env = {} }: CliOptions,
): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const streams: Streams = {
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  };
  const before = process.cwd();
  process.chdir(cwd);
  try {
    const code = await runCommandLine(args, readClientConfig(env), streams);
    return { code, ...written };
  } finally {
    process.chdir(before);
  }
}
