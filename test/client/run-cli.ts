import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** The working folder. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const CLI = fileURLToPath(new URL('../../client/cli.ts', import.meta.url));

/** Runs `wellspring` as people do: a process of its own, which sees no variable of the machine but those that are given. */
export function runCli(args: readonly string[], { cwd, env = {} }: CliOptions): Promise<CliResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CliResult>();
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const options = { cwd, env: { PATH, NODE_COMPILE_CACHE, ...env }, timeout: 60_000 };
  execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
    const code = error ? error.code : 0;
    if (typeof code === 'number') resolve({ code, stdout, stderr });
    else reject(error ?? new Error('The CLI ended without an exit code.'));
  });
  return promise;
}

/** The one JSON document of a text. */
export function json(text: string): unknown {
  return JSON.parse(text) as unknown;
}
