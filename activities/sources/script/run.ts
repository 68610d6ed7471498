import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines, type Line } from '../../../adapters/child-process/lines.ts';
import { startGroup, type ProcessGroup } from '../../../adapters/child-process/process-group.ts';
import { hostFailure } from '../../../adapters/host-failure.ts';
import { failure } from '../../../workflows/failures.ts';
import { allowedCommand } from '../child-process/allowed-command.ts';
import { confinedCommand } from '../child-process/confined-command.ts';
import { childEnvironment } from '../child-process/environment.ts';
import { readErrorOutput, type ErrorOutput } from '../child-process/error-output.ts';
import type { SourceEnv } from '../contract.ts';
import type { ScriptConfig, ScriptState } from './config.ts';
import { exitFailure } from './exit.ts';
import { redactorOf } from './redactor-of.ts';
import { writePrivate } from './settings.ts';
import { MAX_STATE_VARIABLE_BYTES } from './state.ts';

export interface ScriptRun {
  readonly lines: AsyncIterable<Line>;
  readonly redact: (text: string) => string;
  /** Waits for the end of the script. @throws what its exit code, its time limit or a cancellation means. */
  finish(): Promise<void>;
  /** Ends the script and all that it started. Idempotent. */
  close(): Promise<void>;
}

export interface ScriptCommand {
  readonly command: readonly string[];
  readonly state: ScriptState;
  readonly timeoutMs: number | undefined;
}

/** A line of 4 MB is far beyond a document that Bedrock would embed well, and small enough to hold. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/**
 * Starts one command of a script source in a temporary folder, with its own environment and its state in a file.
 * @throws PolicyDenied, InvalidConfig - see `allowedCommand` and `childEnvironment`.
 */
export async function startScript(
  config: ScriptConfig,
  { command, state, timeoutMs }: ScriptCommand,
  env: SourceEnv,
): Promise<ScriptRun> {
  env.signal.throwIfAborted();
  const folder = await mkdtemp(join(env.temporaryDirectory, 'script-'));
  const { variables } = childEnvironment(config, env);
  const redact = redactorOf(config, env);
  const place = { config, cwd: config.cwd ?? folder };
  const group = await started(command, place, env, {
    ...variables,
    ...(await own(folder, state, env)),
  });
  const errors = readErrorOutput(group.stderr, redact, env.log);
  const limit = limitTime(group, env.signal, timeoutMs);
  const limits = { maxLineBytes: MAX_LINE_BYTES, maxTotalBytes: config.maxOutputBytes };
  return {
    lines: readLines(group.stdout, limits),
    redact,
    finish: () => finish(command[0] ?? '', group, errors, limit),
    close: () => limit.clear().then(() => group.end()),
  };
}

async function started(
  command: readonly string[],
  { config, cwd }: { readonly config: ScriptConfig; readonly cwd: string },
  env: SourceEnv,
  variables: Readonly<Record<string, string>>,
): Promise<ProcessGroup> {
  const [program = '', ...rest] = command;
  const path = allowedCommand(program, env.settings, cwd);
  const [first = path, ...args] = await confinedCommand([path, ...rest], config);
  try {
    return await startGroup({ command: first, args, cwd, env: variables, stdin: 'ignore' });
  } catch (error) {
    const ours = hostFailure(error);
    if (ours) throw ours;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw failure(
      'InvalidConfig',
      `The program "${program}" could not be started in "${cwd}" (${code}). Look whether both exist and may be used by the worker.`,
      { cause: error },
    );
  }
}

/** Our own variables: they win over everything that a config says. */
async function own(folder: string, state: ScriptState, env: SourceEnv) {
  const text = JSON.stringify(state);
  const isShort = Buffer.byteLength(text) <= MAX_STATE_VARIABLE_BYTES;
  return {
    WELLSPRING_STATE_FILE: await writePrivate(folder, 'state.json', text),
    ...(isShort ? { WELLSPRING_STATE: text } : {}),
    WELLSPRING_SOURCE: env.sourceId,
    WELLSPRING_STARTED_AT: env.startedAt.toISOString(),
  };
}

interface TimeLimit {
  /** Why the script was ended by us, if it was. */
  reason(): unknown;
  clear(): Promise<void>;
}

function limitTime(
  group: ProcessGroup,
  signal: AbortSignal,
  timeoutMs: number | undefined,
): TimeLimit {
  let reason: unknown;
  const stop = (why: unknown): void => {
    reason ??= why;
    void group.end();
  };
  const onAbort = (): void => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => stop(tooSlow(timeoutMs)), timeoutMs);
  const clear = async (): Promise<void> => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  };
  return { reason: () => reason, clear };
}

function tooSlow(timeoutMs: number): Error {
  return failure(
    'SourceUnavailable',
    `The script did not end within ${timeoutMs / 1000} seconds and was stopped. Give it more time by "timeout", or look what it waits for.`,
  );
}

async function finish(
  command: string,
  group: ProcessGroup,
  errors: ErrorOutput,
  limit: TimeLimit,
): Promise<void> {
  const exit = await group.exited;
  await errors.drained;
  const reason = limit.reason() ?? exitFailure(command, exit, errors.tail());
  if (reason !== undefined) throw reason;
}
