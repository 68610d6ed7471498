import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process runs; a zombie that nobody has collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    return stateAndParent(pid).state !== 'Z';
  } catch {
    return false;
  }
}

/** The pids below this test process that run, at any depth. */
export function descendants(of = process.pid): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || !isRunning(pid)) continue;
    try {
      parents.set(pid, stateAndParent(pid).parent);
    } catch {
      // It ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === of || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Waits until `condition` holds, at most `limitMs`; says whether it did. */
export async function eventually(condition: () => boolean, limitMs = 5_000): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function stateAndParent(pid: number): { state: string; parent: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state, parent: Number(parent) };
}
