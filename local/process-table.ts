import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process of this machine, as the operating system tells it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  /** Opaque: together with the pid it names one process for ever, also across reboots and reused pids. */
  readonly startedAt: string;
  readonly command: string;
}

/** The living process with this pid. A zombie is not alive: it holds no port, no file and no lock. */
export function findProcess(pid: number): ProcessEntry | undefined {
  return hasProc() ? fromProc(pid) : fromPs(['-p', String(pid)])[0];
}

/** Every living process that we may see. */
export function listProcesses(): readonly ProcessEntry[] {
  if (!hasProc()) return fromPs(['-A']);
  return procPids().flatMap((pid) => fromProc(pid) ?? []);
}

/** Does any living process belong to the group? */
export function groupIsAlive(groupId: number): boolean {
  return listProcesses().some((one) => one.groupId === groupId);
}

/** The folder that the process stands in; `undefined` where the system does not tell (no /proc). */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function hasProc(): boolean {
  return process.platform === 'linux';
}

function procPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function fromProc(pid: number): ProcessEntry | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
    const [state, parentPid, groupId, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || state === 'X') return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // proc(5): starttime is field 22, in clock ticks since boot.
    const startedAt = `${bootId()}:${rest[16] ?? ''}`;
    return { pid, parentPid: Number(parentPid), groupId: Number(groupId), startedAt, command };
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** `lstart` is five words, such as `Sat Nov 21 11:38:00 2026`. */
const PS_LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\d{4})\s+(.*)$/;

function fromPs(selection: readonly string[]): readonly ProcessEntry[] {
  const columns = 'pid=,ppid=,pgid=,stat=,lstart=,command=';
  return psOutput([...selection, '-ww', '-o', columns])
    .split('\n')
    .flatMap((line) => {
      const [, pid, parentPid, groupId, state, startedAt, command] = PS_LINE.exec(line) ?? [];
      if (pid === undefined || startedAt === undefined || state?.startsWith('Z')) return [];
      return {
        pid: Number(pid),
        parentPid: Number(parentPid),
        groupId: Number(groupId),
        startedAt,
        command: command ?? '',
      };
    });
}

function psOutput(args: readonly string[]): string {
  try {
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C' };
    return execFileSync('ps', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    // ps answers 1 when no process matches.
    return '';
  }
}
