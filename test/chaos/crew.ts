import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePort } from '../../local/ports.ts';
import { signalGroup } from '../../local/process-group.ts';
import { startProcess, type RunningProcess } from '../../local/processes.ts';
import { isRunning } from '../fakes/processes.ts';

/** A worker process of ours. It stands in its own process group, and so do the scripts that it starts. */
export interface CrewMember {
  readonly pid: number;
  readonly logFile: string;
  stopped: boolean;
}

/** The worker processes of a run. Signals go to pids that this crew started, and to no other. */
export interface Crew {
  /** Those that live, stopped ones too. */
  members(): readonly CrewMember[];
  readonly logFiles: readonly string[];
  /** Starts workers until this many live. */
  fill(): Promise<void>;
  /** One more, with settings of its own. */
  start(env?: Variables, prefix?: readonly string[]): Promise<CrewMember>;
  signal(member: CrewMember, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void>;
  /** Waits for its end. */
  ended(
    member: CrewMember,
  ): Promise<{ readonly code: number | null; readonly signal: string | null }>;
  stop(): Promise<void>;
}

export type Variables = Readonly<Record<string, string>>;

export interface CrewOptions {
  readonly folder: string;
  readonly size: number;
  readonly env: Variables;
}

interface Enlisted extends CrewMember {
  readonly running: RunningProcess;
}

/** Workers come with `fill`. */
export function openCrew({ folder, size, env }: CrewOptions): Crew {
  const enlisted: Enlisted[] = [];
  const logFiles: string[] = [];
  const living = (): Enlisted[] => enlisted.filter(({ pid }) => isRunning(pid));
  const find = ({ pid }: CrewMember): Enlisted => {
    const found = enlisted.find((one) => one.pid === pid);
    if (!found) throw new Error(`No worker of this crew has the pid ${pid}.`);
    return found;
  };

  async function start(more: Variables = {}, prefix: readonly string[] = []): Promise<Enlisted> {
    const logFile = join(folder, `worker-${logFiles.length + 1}.log`);
    logFiles.push(logFile);
    const { port } = await choosePort(0);
    const [command, ...args] = [...prefix, process.execPath, PROGRAM];
    const running = await startProcess({
      name: 'worker',
      command: command ?? process.execPath,
      args,
      logFile,
      env: { ...env, WELLSPRING_HTTP_ADDRESS: `127.0.0.1:${port}`, ...more },
      ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
      readyTimeoutMs: READY_WITHIN_MS,
      graceMs: 8000,
    });
    const member = { pid: running.pid, logFile, stopped: false, running };
    enlisted.push(member);
    return member;
  }

  const fill = async (): Promise<void> => {
    const missing = Math.max(0, size - living().length);
    await Promise.all(Array.from({ length: missing }, () => start()));
  };
  return {
    members: living,
    logFiles,
    fill,
    start,
    async signal(member, signal) {
      const { pid, running } = find(member);
      if (!isRunning(pid)) return;
      signalGroup(pid, signal);
      member.stopped = signal === 'SIGSTOP';
      if (signal === 'SIGKILL') await running.exited;
    },
    ended: (member) => find(member).running.exited,
    async stop() {
      for (const { pid, stopped } of living()) if (stopped) signalGroup(pid, 'SIGCONT');
      await Promise.all(enlisted.map(({ running }) => running.stop()));
    },
  };
}

const PROGRAM = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));
/** The machine may be busy with other things. */
const READY_WITHIN_MS = 120_000;
