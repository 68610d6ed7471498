import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listProcesses, type ProcessEntry, workingFolder } from '../process-table.ts';

/**
 * Makes a data folder startable after any crash: ends what still runs on it (the server of a killed launcher,
 * backends that outlived their server), and mends a pid file whose pid is now somebody else's.
 * The caller holds the lock of the home, so nobody's living system is ended.
 */
export async function clearLeftovers(data: string): Promise<void> {
  if (!existsSync(data)) return;
  for (const { signal, withinMs } of ESCALATION) {
    for (const { pid } of serversOn(data)) send(pid, signal);
    await allEnd(() => serversOn(data), withinMs);
  }
  // Backends whose server is dead can save nothing any more, and would keep the next server from starting.
  for (const { pid } of processesOn(data)) send(pid, 'SIGKILL');
  await allEnd(() => processesOn(data), KILLED_WITHIN_MS);
  if (processesOn(data).length === 0) mendPidFile(data);
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one; no acknowledged commit is lost by either. */
const ESCALATION = [
  { signal: 'SIGINT', withinMs: 10_000 },
  { signal: 'SIGQUIT', withinMs: 3_000 },
] as const;
const KILLED_WITHIN_MS = 5_000;

/**
 * No process has this pid (the kernel's largest is 2^22), so PostgreSQL takes the file as stale. The file must stay:
 * its later lines lead the server to shared memory that a lost backend might still use.
 */
const NO_PID = '2147483646';

/** Every process of PostgreSQL stands in its data folder; where the system does not tell, its server names it. */
function processesOn(data: string): readonly ProcessEntry[] {
  const real = realpathSync(data);
  return listProcesses().filter(({ pid, command }) => {
    if (!/postgres/.test(command)) return false;
    return workingFolder(pid) === real || command.includes(`-D ${data} `);
  });
}

function serversOn(data: string): readonly ProcessEntry[] {
  return processesOn(data).filter(({ command }) => command.includes(`-D ${data} `));
}

async function allEnd(left: () => readonly ProcessEntry[], withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (left().length > 0 && Date.now() < deadline) await sleep(50);
}

function mendPidFile(data: string): void {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const [, ...rest] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [NO_PID, ...rest].join('\n'));
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the list and the signal.
  }
}
