import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endLeftovers } from '../../local/pid-record.ts';
import { findProcess, groupIsAlive, listProcesses } from '../../local/process-table.ts';
import { type ProcessOptions, startProcess } from '../../local/processes.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Runs for ever, with a child of its own. */
const PARENT = `const { spawn } = require('node:child_process');
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log('up'); setInterval(() => {}, 1000);`;
const DEAF = `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000);`;

describe('a started process', () => {
  test('is ended with the processes that it started itself', async () => {
    const running = await startProcess(options(PARENT));

    await running.stop();

    expect(groupIsAlive(running.pid)).toBe(false);
  });

  test('is killed when it does not listen', async () => {
    const running = await startProcess({ ...options(DEAF), graceMs: 200 });

    await running.stop();

    expect(await running.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('that ends by itself is reported, and takes its own children with it', async () => {
    const exits: unknown[] = [];
    const running = await startProcess({ ...options(PARENT), onExit: (exit) => exits.push(exit) });

    process.kill(running.pid, 'SIGKILL');
    await running.exited;
    await waitUntil(() => !groupIsAlive(running.pid));

    expect(exits).toEqual([{ code: null, signal: 'SIGKILL' }]);
  });

  test('that was stopped is not reported as ended by itself', async () => {
    const exits: unknown[] = [];
    const running = await startProcess({ ...options(PARENT), onExit: (exit) => exits.push(exit) });

    await Promise.all([running.stop(), running.stop()]);

    expect(exits).toEqual([]);
  });
});

describe('a start that does not succeed', () => {
  test('says how the process ended and what it wrote', async () => {
    const starting = startProcess({
      ...options(`console.error('no disk'); process.exit(3)`),
      ready: never,
    });

    await expect(starting).rejects.toThrow(
      /Sleeper ended with exit code 3 before it was ready.*no disk/s,
    );
  });

  test('leaves nothing running when the process is not ready in time', async () => {
    const recordFolder = join(folder.path, 'records');
    let pid = 0;
    const ready = async (): Promise<boolean> => {
      ({ pid } = JSON.parse(readFileSync(join(recordFolder, 'Sleeper.json'), 'utf8')) as {
        pid: number;
      });
      return false;
    };

    const starting = startProcess({ ...options(PARENT), ready, readyTimeoutMs: 400, recordFolder });

    await expect(starting).rejects.toThrow('Sleeper was not ready within 0 seconds.');
    expect(pid).toBeGreaterThan(0);
    expect(groupIsAlive(pid)).toBe(false);
  });

  test('names a program that does not exist', async () => {
    const starting = startProcess({ ...options(''), command: '/no/such/program' });

    await expect(starting).rejects.toThrow(
      'Sleeper could not be started: "/no/such/program" cannot be run.',
    );
  });
});

describe('when the launcher is killed', () => {
  test('no child is left, nor the guard', async () => {
    const launcher = await launch(join(folder.path, 'records'));
    const { child, guard } = launcher;

    launcher.kill();

    await waitUntil(() => !groupIsAlive(child) && findProcess(guard) === undefined);
    expect(groupIsAlive(child)).toBe(false);
  });

  test('and its guard too, the next start ends what is left', async () => {
    const records = join(folder.path, 'records');
    const { child, guard, kill } = await launch(records);
    process.kill(guard, 'SIGKILL');
    kill();
    await waitUntil(() => findProcess(guard) === undefined);
    const leftBehind = groupIsAlive(child);

    const ended = await endLeftovers(records);

    expect(leftBehind).toBe(true);
    expect(ended).toEqual(['Sleeper']);
    expect(groupIsAlive(child)).toBe(false);
    expect(readdirSync(records)).toEqual([]);
  });
});

describe('a pid record', () => {
  test('whose pid now belongs to a stranger ends nobody', async () => {
    const stranger = await startProcess(options(PARENT));
    const records = join(folder.path, 'records');
    writeRecordOf(records, stranger.pid, { startedAt: 'long ago' });

    const ended = await endLeftovers(records);

    expect(ended).toEqual([]);
    expect(groupIsAlive(stranger.pid)).toBe(true);
    expect(readdirSync(records)).toEqual([]);
    await stranger.stop();
  });

  test('of a launcher that lives is a reason to refuse', async () => {
    const records = join(folder.path, 'records');
    const running = await startProcess({ ...options(PARENT), recordFolder: records });

    const second = startProcess({ ...options(PARENT), recordFolder: records });

    await expect(second).rejects.toThrow(`"Sleeper" already runs as process ${running.pid}`);
    expect(groupIsAlive(running.pid)).toBe(true);
    await running.stop();
  });
});

function options(program: string): ProcessOptions {
  const logFile = join(folder.path, 'log', `${Math.random()}.log`);
  return {
    name: 'Sleeper',
    command: process.execPath,
    args: ['-e', program],
    logFile,
    ready: async () => readFileSync(logFile, 'utf8').includes('up'),
    readyTimeoutMs: 20_000,
  };
}

async function never(): Promise<boolean> {
  return false;
}

/** A process of its own that starts one child and tells the pids of child and guard. */
async function launch(
  records: string,
): Promise<{ child: number; guard: number; kill: () => void }> {
  const module = fileURLToPath(import.meta.resolve('../../local/processes.ts'));
  const settings = { ...options(PARENT), recordFolder: records };
  const program = `import { startProcess } from ${JSON.stringify(module)};
    const options = ${JSON.stringify(settings)};
    const running = await startProcess({ ...options, ready: async () => true });
    console.log(running.pid);
    setInterval(() => {}, 1000);`;
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: launcher.stdout }), 'line')) as [string];
  const guard = childrenOf(launcher.pid ?? 0).find((pid) =>
    findProcess(pid)?.command.includes('guard.ts'),
  );
  return { child: Number(line), guard: guard ?? 0, kill: () => launcher.kill('SIGKILL') };
}

function childrenOf(parent: number): readonly number[] {
  return listProcesses().flatMap((one) => (one.parentPid === parent ? [one.pid] : []));
}

function writeRecordOf(records: string, pid: number, change: { startedAt: string }): void {
  mkdirSync(records, { recursive: true });
  const launcher = { pid: 2_147_483_646, startedAt: 'never' };
  const record = { pid, program: 'node', signal: 'SIGTERM', graceMs: 100, launcher, ...change };
  writeFileSync(join(records, 'Sleeper.json'), JSON.stringify(record));
}

async function waitUntil(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('It did not come about within 15 seconds.');
    await sleep(50);
  }
}
