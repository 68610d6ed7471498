import { createInterface } from 'node:readline';
import { endGroup, isSameProcess } from './process-group.ts';
import type { GuardedGroup, GuardOrder } from './guarded.ts';

// The guard: a small process that outlives its launcher by seconds. The launcher holds the other end of its standard
// input; when that closes, however the launcher died, the guard ends every group that it was told of, and itself.

const groups = new Map<number, GuardedGroup>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin }))
  obey(JSON.parse(line) as GuardOrder);
await Promise.all([...groups.values()].map(end));

function obey(order: GuardOrder): void {
  if ('guard' in order) groups.set(order.guard.pid, order.guard);
  else groups.delete(order.release);
}

async function end({ pid, startedAt, signal, graceMs }: GuardedGroup): Promise<void> {
  if (isSameProcess(pid, startedAt)) await endGroup(pid, { signal, graceMs });
}
