import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environmentWith } from '../config.ts';

/** The result of a program that was run for its answer. */
export type Answer =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly why: string };

export interface AskOptions {
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Sent at the timeout. Default SIGKILL. */
  readonly killSignal?: NodeJS.Signals;
}

/** Runs a program to its end, never longer than the timeout. `why` is the last line of what it said. */
export async function ask(
  command: string,
  args: readonly string[],
  options: AskOptions,
): Promise<Answer> {
  const { timeoutMs, env = {}, killSignal = 'SIGKILL' } = options;
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      timeout: timeoutMs,
      killSignal,
      maxBuffer: 64 * 1024 * 1024,
      env: environmentWith(env),
    });
    return { ok: true, output: stdout };
  } catch (error) {
    return { ok: false, why: reason(command, error, timeoutMs) };
  }
}

/** Is it a file that we may run? */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** The first of the programs that stands in one of the folders. */
export function onPath(
  names: readonly string[],
  searchPath: readonly string[],
): string | undefined {
  return names.flatMap((name) => searchPath.map((folder) => join(folder, name))).find(isExecutable);
}

function reason(command: string, error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'it did not run';
  if ('code' in error && error.code === 'ENOENT') return `"${command}" is not installed`;
  if ('killed' in error && error.killed === true)
    return `not done in ${Math.round(timeoutMs / 1000)} seconds`;
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : error.message;
  return lastLine(said) ?? error.message;
}

function lastLine(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.findLast((line) => line !== '')?.slice(0, 200);
}
