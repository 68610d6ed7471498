import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export interface GroupOptions {
  /** An absolute path, or a name that the PATH in `env` finds. Never read by a shell. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: 'ignore' | 'pipe';
}

export interface ProcessGroup {
  /** Of the first process, and of the group. */
  readonly pid: number;
  readonly stdin: Writable | null;
  /** Ends when the first process has ended and everything that it wrote was read, even if somebody else still holds the pipe. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How the first process ended. Never rejects. */
  readonly exited: Promise<Exit>;
  /**
   * SIGTERM to the whole group, SIGKILL to what is left after `graceMs`; resolves when nothing of it runs. Idempotent. It is called by
   * itself when the first process ends, so that nothing stays behind. A process that left the group on purpose (`setsid`) is not reached.
   */
  end(graceMs?: number): Promise<void>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Starts a command in a process group of its own.
 * @throws the error of the operating system (`code` ENOENT, EACCES …) when it cannot be started.
 */
export async function startGroup(options: GroupOptions): Promise<ProcessGroup> {
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: [options.stdin, 'pipe', 'pipe'],
  });
  const exited = exitOf(child);
  const pid = await startedPid(child);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null)
    throw new Error('A child process came without its pipes.');
  // A pipe that breaks is seen by its reader or by the exit; without a listener it would end this process.
  for (const pipe of [child.stdin, stdout, stderr]) pipe?.on('error', () => {});
  endWithUs(pid, exited);
  let ending: Promise<void> | undefined;
  const end = (graceMs = DEFAULT_GRACE_MS): Promise<void> => (ending ??= endGroup(pid, graceMs));
  void exited.then(async () => {
    await end();
    await Promise.all([destroyWhenSilent(stdout), destroyWhenSilent(stderr)]);
  });
  return { pid, stdin: child.stdin, stdout, stderr, exited, end };
}

/** SIGTERM, then this long until SIGKILL: a cancelled read must be over within 5 seconds. */
const DEFAULT_GRACE_MS = 2_000;
const POLL_MS = 20;
/** After SIGKILL only the kernel can be late; a zombie that nobody collects is not waited for. */
const KILL_WAIT_MS = 500;

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function startedPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('A child process came without a pid.'));
      else resolve(child.pid);
    });
  });
}

/** A worker that exits in the middle takes its children with it. (SIGKILL of the worker cannot be caught by it.) */
function endWithUs(pid: number, exited: Promise<Exit>): void {
  if (running.size === 0) process.on('exit', killRunning);
  running.add(pid);
  void exited.then(() => {
    running.delete(pid);
    if (running.size === 0) process.off('exit', killRunning);
  });
}

const running = new Set<number>();

function killRunning(): void {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
}

async function endGroup(pid: number, graceMs: number): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  if (await isGoneWithin(pid, graceMs)) return;
  signalGroup(pid, 'SIGKILL');
  await isGoneWithin(pid, KILL_WAIT_MS);
}

async function isGoneWithin(pid: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (signalGroup(pid, 0)) {
    if (performance.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** False when the group has no process left (or none that is ours). */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** A process that left the group may hold the pipe open for ever: when all was read and nothing comes any more, it is closed. */
async function destroyWhenSilent(pipe: Readable): Promise<void> {
  for (let quiet = 0; quiet < 2 && !pipe.readableEnded && !pipe.destroyed;) {
    await sleep(SILENCE_MS, undefined, { ref: false });
    quiet = pipe.readableLength === 0 ? quiet + 1 : 0;
  }
  pipe.destroy();
}

const SILENCE_MS = 250;
