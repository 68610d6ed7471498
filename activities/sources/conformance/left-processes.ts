import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KitEnv } from './environment.ts';

/**
 * The processes that an attempt has started and that still run after a moment of patience, each as `pid command`. They are known by the
 * temporary directory of the attempt, which every child is given in its environment, also one that has left its group and lost its parent.
 * Empty where the system has no /proc.
 */
export async function leftProcesses({
  temporaryDirectory,
}: Pick<KitEnv, 'temporaryDirectory'>): Promise<readonly string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = childrenOf(temporaryDirectory);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(50);
  }
}

/** SIGKILL is not waited for by everybody, and a browser takes a moment to fold up. */
const PATIENCE_MS = 2_000;

function childrenOf(mark: string): readonly string[] {
  return pids().flatMap((pid) => {
    try {
      const isOurs = [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`].some((file) =>
        readFileSync(file, 'utf8').includes(mark),
      );
      return isOurs && isAlive(pid) ? [`${pid} ${commandOf(pid)}`] : [];
    } catch {
      // It ended meanwhile, or belongs to somebody else.
      return [];
    }
  });
}

function pids(): readonly string[] {
  try {
    return readdirSync('/proc').filter(
      (name) => /^\d+$/u.test(name) && Number(name) !== process.pid,
    );
  } catch {
    return [];
  }
}

function isAlive(pid: string): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 80);
}
