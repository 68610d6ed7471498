import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentWith } from './config.ts';
import { guardGroup, startGuard } from './guarded.ts';
import { endLeftover, removeRecord, writeRecord } from './pid-record.ts';
import { endGroup, signalGroup } from './process-group.ts';
import { findProcess, groupIsAlive } from './process-table.ts';

/** How a child process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** What people call it: in sentences, and the name of its pid record. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to our own environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Gets standard output and error, appended. */
  readonly logFile: string;
  /** Answers whether the child can be used. Asked again and again; a rejection counts as "not yet". */
  readonly ready: () => Promise<boolean>;
  readonly readyTimeoutMs: number;
  /** Called when it ends without having been stopped. */
  readonly onExit?: (exit: Exit) => void;
  /** Default SIGTERM. */
  readonly stopSignal?: 'SIGINT' | 'SIGTERM';
  /** How long it may take to end before it is killed. Default 10 seconds. */
  readonly graceMs?: number;
  /** Where its pid record is kept, so that the next start ends it if we and the guard die. */
  readonly recordFolder?: string;
  /** A word of its command line, where `command` only leads to the program (`unshare … postgres`). */
  readonly program?: string;
}

export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Ends the whole group and returns when it is gone. Idempotent. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a child in a process group of its own and returns when it is ready. It never outlives this process.
 * @throws Error - it could not be started, ended, or was not ready in time; then nothing of it is left running, and
 * the sentence holds the end of its log.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, recordFolder } = options;
  if (recordFolder !== undefined) await endLeftover(recordFolder, name);
  startGuard();
  const running = await launch(options);
  try {
    await becomesReady(options, running.exited);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

const DEFAULT_GRACE_MS = 10_000;
const POLL_MS = 40;
const LOG_TAIL_CHARACTERS = 600;

async function launch(options: ProcessOptions): Promise<RunningProcess> {
  const { stopSignal: signal = 'SIGTERM', graceMs = DEFAULT_GRACE_MS } = options;
  const child = spawnChild(options);
  const { pid } = child;
  if (pid === undefined) throw await startFailure(options, child);
  const forget = remember(pid, options, { signal, graceMs });
  let stopped: Promise<void> | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, exitSignal) => {
      if (groupIsAlive(pid)) signalGroup(pid, 'SIGKILL');
      forget();
      resolve({ code, signal: exitSignal });
      if (stopped === undefined) options.onExit?.({ code, signal: exitSignal });
    });
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      await endGroup(pid, { signal, graceMs });
    }
    await exited;
  };
  return { pid, exited, stop: () => (stopped ??= stop()) };
}

function spawnChild({ command, args, env, cwd, logFile }: ProcessOptions): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(command, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: environmentWith(env ?? {}),
      ...(cwd === undefined ? {} : { cwd }),
    });
  } finally {
    closeSync(log);
  }
}

function remember(
  pid: number,
  { name, command, program = basename(command), recordFolder }: ProcessOptions,
  end: { readonly signal: 'SIGINT' | 'SIGTERM'; readonly graceMs: number },
): () => void {
  const startedAt = findProcess(pid)?.startedAt ?? '';
  const release = guardGroup({ pid, startedAt, ...end });
  if (recordFolder !== undefined)
    writeRecord(recordFolder, name, { pid, startedAt, program, ...end });
  return () => {
    release();
    if (recordFolder !== undefined) removeRecord(recordFolder, name);
  };
}

async function startFailure(
  { name, command }: ProcessOptions,
  child: ChildProcess,
): Promise<Error> {
  const cause = await new Promise<Error>((resolve) => void child.once('error', resolve));
  return new Error(
    `${name} could not be started: "${command}" cannot be run. Check that it exists.`,
    {
      cause,
    },
  );
}

async function becomesReady(options: ProcessOptions, exited: Promise<Exit>): Promise<void> {
  const deadline = Date.now() + options.readyTimeoutMs;
  let ended: Exit | undefined;
  let cause: unknown;
  void exited.then((exit) => (ended = exit));
  while (Date.now() < deadline) {
    const left = sleep(deadline - Date.now(), false, { ref: false });
    const asked = options.ready().catch((error: unknown) => {
      cause = error;
      return false;
    });
    const ready = await Promise.race([asked, left, exited.then(() => false)]);
    if (ended !== undefined) throw endedTooSoon(options, ended);
    if (ready) return;
    await sleep(POLL_MS);
  }
  const seconds = Math.round(options.readyTimeoutMs / 1000);
  throw new Error(`${options.name} was not ready within ${seconds} seconds. ${logTail(options)}`, {
    cause,
  });
}

function endedTooSoon(options: ProcessOptions, { code, signal }: Exit): Error {
  const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
  return new Error(`${options.name} ended ${how} before it was ready. ${logTail(options)}`);
}

function logTail({ logFile }: ProcessOptions): string {
  const tail = readFileSync(logFile, 'utf8').trim().slice(-LOG_TAIL_CHARACTERS);
  return tail === '' ? `Its log "${logFile}" is empty.` : `Its log "${logFile}" ends with: ${tail}`;
}
