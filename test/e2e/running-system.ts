import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { environmentWith } from '../../local/config.ts';
import { choosePort } from '../../local/ports.ts';
import { listProcesses, type ProcessEntry } from '../../local/process-table.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and error as they came. */
  readonly output: string;
}

/** `npm start` or another npm script, as a person has it in a terminal. */
export interface Running {
  readonly pid: number;
  output(): string;
  /** @throws Error - it ended, or did not say it in time: with all that it said instead. */
  says(pattern: RegExp, withinMs: number): Promise<void>;
  /** What a terminal does at Ctrl-C: every process of the group gets the signal. */
  interrupt(signal?: NodeJS.Signals): void;
  /** Waits for its end. @throws Error - it did not end in time, or with another exit code: with all that it said. */
  endsWith(code: number, withinMs: number): Promise<string>;
  /** @throws Error - it did not end in time. */
  ended(withinMs: number): Promise<Ended>;
}

/** A state folder of its own for one story, and everything that runs on it. */
export interface Story extends AsyncDisposable {
  /** Holds the definitions and data of the story; the state is in `state` below it. */
  readonly folder: string;
  readonly state: string;
  npm(args: readonly string[], env?: Readonly<Record<string, string | undefined>>): Running;
  /** `npm start -- --state <state> …`. */
  start(args: readonly string[], env?: Readonly<Record<string, string | undefined>>): Running;
  /** Every living process that this story has started, at any depth, whoever its parent is now. */
  processes(): readonly ProcessEntry[];
}

/** Opens a story with ports of its own, so that it starts again on the same ones whatever else runs here. At its end nothing of it is left. */
export async function openStory(): Promise<Story> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-e2e-'));
  const state = join(folder, 'state');
  const mark = randomUUID();
  const running: ChildProcess[] = [];
  const npm: Story['npm'] = (args, env = {}) => {
    const child = spawn('npm', args, {
      cwd: CHECKOUT,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environmentWith({ [MARK]: mark, ...env }),
    });
    running.push(child);
    return follow(child);
  };
  const seen = new Map<number, string>();
  const processes = (): readonly ProcessEntry[] => {
    const roots = new Set(running.flatMap(({ pid }) => pid ?? []));
    const found = ours(
      roots,
      (one) => seen.get(one.pid) === one.startedAt || isMarked(one, mark, folder),
    );
    for (const { pid, startedAt } of found) seen.set(pid, startedAt);
    return found;
  };
  await keepPorts(state);
  return {
    folder,
    state,
    npm,
    start: (args, env) => npm(['start', '--', '--state', state, ...args], env),
    processes,
    async [Symbol.asyncDispose]() {
      for (const { pid } of processes()) kill(pid);
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** Waits until none of the story's processes lives; answers with those that still do. */
export async function leftBehind(story: Story, withinMs: number): Promise<readonly string[]> {
  const endMs = Date.now() + withinMs;
  while (story.processes().length > 0 && Date.now() < endMs) await sleep(100);
  return story.processes().map(({ pid, command }) => `${pid} ${command}`);
}

const MARK = 'WELLSPRING_TEST_STORY';

async function keepPorts(state: string): Promise<void> {
  const names = [
    'Temporal',
    'the Temporal Web UI',
    'PostgreSQL',
    'S3',
    'Bedrock',
    'metrics',
    'the example site',
  ];
  const ports: Record<string, number> = {};
  for (const name of names) {
    // Below the ports that the system gives to connections: one of those may be gone before it is listened on.
    const { port } = await choosePort(randomInt(10_000, 30_000), { except: Object.values(ports) });
    ports[name] = port;
  }
  await mkdir(state, { recursive: true });
  await writeFile(join(state, 'ports.json'), JSON.stringify(ports));
}

function follow(child: ChildProcess): Running {
  let output = '';
  let exit: Ended | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const closed = once(child, 'close').then(([code, signal]) => {
    exit = { code: code as number | null, signal: signal as NodeJS.Signals | null, output };
    return exit;
  });
  const ended = async (withinMs: number): Promise<Ended> => {
    const late = sleep(withinMs, undefined, { ref: false });
    const end = await Promise.race([closed, late]);
    if (end) return end;
    throw new Error(`It did not end within ${withinMs} ms:\n${output}`);
  };
  const pid = child.pid ?? 0;
  return {
    pid,
    ended,
    async endsWith(code, withinMs) {
      const end = await ended(withinMs);
      if (end.code === code) return end.output;
      throw new Error(
        `It ended with ${end.signal ?? `exit code ${end.code}`} instead of ${code}:\n${output}`,
      );
    },
    output: () => output,
    async says(pattern, withinMs) {
      const endMs = Date.now() + withinMs;
      while (!pattern.test(output)) {
        if (exit || Date.now() > endMs)
          throw new Error(
            `${String(pattern)} was not said${exit ? ' before the end' : ''}:\n${output}`,
          );
        await sleep(50);
      }
    },
    interrupt: (signal = 'SIGINT') => process.kill(-pid, signal),
  };
}

/** Those of the process table that are ours by themselves, or below one that is. */
function ours(
  roots: ReadonlySet<number>,
  isOurs: (one: ProcessEntry) => boolean,
): readonly ProcessEntry[] {
  const all = listProcesses();
  const found = new Set(
    all.filter((one) => roots.has(one.pid) || isOurs(one)).map(({ pid }) => pid),
  );
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const one of all) if (found.has(one.parentPid)) found.add(one.pid);
  }
  return all.filter((one) => found.has(one.pid));
}

function isMarked({ pid, command }: ProcessEntry, mark: string, folder: string): boolean {
  if (command.includes(folder)) return true;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
  } catch {
    return false;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
