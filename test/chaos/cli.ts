import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Arena } from './arena.ts';

export interface Said {
  readonly code: number;
  readonly output: string;
}

/** One command of the program, as a person or a pipeline types it: straight to the servers, because the roads are the workers'. */
export function cli(arena: Arena, ...args: readonly string[]): Promise<Said> {
  return cliThrough(arena, `127.0.0.1:${arena.stage.temporalPort}`, ...args);
}

/** The same, with another way to Temporal. */
export async function cliThrough(
  arena: Arena,
  temporalAddress: string,
  ...args: readonly string[]
): Promise<Said> {
  const { promise, resolve } = Promise.withResolvers<Said>();
  const env = {
    ...process.env,
    ...arena.workerEnv,
    WELLSPRING_DATABASE_URL: arena.databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
  };
  const options = { env, cwd: arena.folder, maxBuffer: 64 * 1024 * 1024 };
  execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) => {
    const code = error ? Number(error.code ?? 1) : 0;
    resolve({ code, output: `${stdout}${stderr}` });
  });
  return promise;
}

const CLI = fileURLToPath(new URL('../../client/cli.ts', import.meta.url));
