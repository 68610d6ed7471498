import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { EndOptions } from './process-group.ts';

/** A process group, named by the pid and start of its leader. */
export interface GuardedGroup extends EndOptions {
  readonly pid: number;
  readonly startedAt: string;
}

/** A line of the guard's standard input, as JSON. */
export type GuardOrder = { readonly guard: GuardedGroup } | { readonly release: number };

/**
 * Has the group ended when this process ends, even by SIGKILL: one guard process a launcher watches for that.
 * Call it in the same turn of the event loop as the spawn; call the result when the group is gone.
 */
export function guardGroup(group: GuardedGroup): () => void {
  tell({ guard: group });
  return () => tell({ release: group.pid });
}

/** Starts the guard ahead of the first child, so that no child lives a moment without it. */
export function startGuard(): void {
  guard ??= spawnGuard();
}

type Guard = ChildProcessByStdio<Writable, null, null>;

let guard: Guard | undefined;

function tell(order: GuardOrder): void {
  startGuard();
  guard?.stdin.write(`${JSON.stringify(order)}\n`);
}

function spawnGuard(): Guard {
  // A session of its own: neither Ctrl-C nor a signal to our group may end it before its work is done.
  const child = spawn(process.execPath, [fileURLToPath(new URL('guard.ts', import.meta.url))], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { NODE_NO_WARNINGS: '1' },
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
