import { failure } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig } from './config.ts';
import { startScript } from './run.ts';

/**
 * Runs one short command of a program (`--discover`, `spec`, `check`) to its end and answers its lines, with what its exit means instead
 * of throwing it: a program may say what is wrong on standard output before it fails.
 */
export async function runToEnd(
  config: ScriptConfig,
  command: readonly string[],
  env: SourceEnv,
): Promise<{ readonly lines: readonly string[]; readonly error: unknown }> {
  const run = await startScript(config, { command, state: null, timeoutMs: TIMEOUT_MS }, env);
  const lines: string[] = [];
  let sizeBytes = 0;
  try {
    for await (const line of run.lines) {
      sizeBytes += line.kind === 'line' ? line.text.length : MAX_BYTES;
      if (sizeBytes > MAX_BYTES) throw tooLarge(command);
      if (line.kind === 'line') lines.push(line.text);
    }
    const error = await run.finish().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    env.signal.throwIfAborted();
    return { lines, error };
  } finally {
    await run.close();
  }
}

const TIMEOUT_MS = 5 * 60_000;
/** Catalogs of thousands of tables have some megabytes. */
const MAX_BYTES = 32 * 1024 * 1024;

function tooLarge(command: readonly string[]): Error {
  return failure(
    'ScriptError',
    `The command "${command.slice(-3).join(' ').slice(0, 100)}" of the script answered with more than 32 MB, or a line of more than 4 MB.`,
  );
}
