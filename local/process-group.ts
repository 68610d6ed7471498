import { setTimeout as sleep } from 'node:timers/promises';
import { findProcess, groupIsAlive } from './process-table.ts';

/** How a group of processes is asked to end, and how long it may take before it is killed. */
export interface EndOptions {
  readonly signal: NodeJS.Signals;
  readonly graceMs: number;
}

const POLL_MS = 40;

/**
 * Ends a process group and returns when none of its processes lives: the signal, the grace, then SIGKILL.
 * The caller makes sure that the group is its own; see `isSameProcess`.
 */
export async function endGroup(groupId: number, { signal, graceMs }: EndOptions): Promise<void> {
  signalGroup(groupId, signal);
  if (await groupEnds(groupId, graceMs)) return;
  signalGroup(groupId, 'SIGKILL');
  await groupEnds(groupId, KILLED_WITHIN_MS);
}

/** Sends a signal to every process of the group; nothing happens when there is none left. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Is the process with this pid still the one that began then, and not a stranger with a reused pid? */
export function isSameProcess(pid: number, startedAt: string): boolean {
  return findProcess(pid)?.startedAt === startedAt;
}

/** A killed process can stay for a while in a system call that does not end (a slow disk). */
const KILLED_WITHIN_MS = 10_000;

async function groupEnds(groupId: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (groupIsAlive(groupId)) {
    if (Date.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
