import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { choosePort } from '../../local/ports.ts';
import { clearLeftovers } from '../../local/postgres/leftovers.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { findProcess, listProcesses, workingFolder } from '../../local/process-table.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';

/** Most tests are about a folder that is initialised already, which takes seconds: they get a copy of this one. */
let template: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  template = await temporaryFolder();
  await (await startAt(join(template.path, 'home'))).stop();
});
afterAll(() => template[Symbol.asyncDispose]());

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

test('rows outlive a stop and a start on another port', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 7 as n');
  await first.stop();

  const second = await start();

  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
  expect(processesOnData()).not.toEqual([]);
  await second.stop();
  expect(processesOnData()).toEqual([]);
});

test('committed rows outlive a kill -9 of the server, and the next start works', async () => {
  const first = await start();
  await query(first.url, 'create table kept as select 7 as n');
  process.kill(serverPid(), 'SIGKILL');

  await first.stop();
  const second = await start();

  expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await second.stop();
});

test('a backend that outlived its killed server does not keep the next one from starting', async () => {
  const first = await start();
  const client = await connect(first.url);
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const backend = backendOf(rows[0]?.pid ?? 0);
  process.kill(backend, 'SIGSTOP');
  process.kill(serverPid(), 'SIGKILL');
  await first.stop();
  const outlived = findProcess(backend) !== undefined;

  const second = await start();

  expect(outlived).toBe(true);
  expect(findProcess(backend)).toBeUndefined();
  await second.stop();
});

test('a killed launcher leaves rows and a folder on which the next start works', async () => {
  const launcher = await launch();
  await query(launcher.url, 'create table kept as select 7 as n');
  launcher.kill();

  const next = await start();

  expect(await query(next.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await next.stop();
});

test('a second launcher on the same folder is refused and harms nobody', async () => {
  const first = await start();

  await expect(start()).rejects.toThrow(`Another process already runs PostgreSQL on "${home()}".`);

  expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await first.stop();
});

test('a pid file that names a stranger is mended, and its other lines stay', async () => {
  const first = await start();
  await first.stop();
  const file = join(home(), 'data', 'postmaster.pid');
  writeFileSync(
    file,
    `${process.pid}\n${home()}/data\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready\n`,
  );

  await clearLeftovers(join(home(), 'data'));
  const mended = readFileSync(file, 'utf8');
  const second = await start();

  expect(mended).toBe(`2147483646\n${home()}/data\n1700000000\n5432\n\n127.0.0.1\n  1 1\nready\n`);
  await second.stop();
});

test('an initialisation that was cut off is done again', async () => {
  mkdirSync(join(home(), 'init-cut', 'data'), { recursive: true });
  writeFileSync(join(home(), 'init-cut', 'data', 'PG_VERSION'), '18');

  const server = await start();

  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(readdirSync(home()).filter((name) => name.startsWith('init-'))).toEqual([]);
  await server.stop();
});

test('nobody enters without the password, which only its owner can read', async () => {
  const server = await startAt(home());
  const guess = new URL(server.url);
  guess.password = 'guess';

  await expect(query(guess.href, 'select 1')).rejects.toThrow('password authentication failed');
  expect(statSync(join(home(), 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(home(), 'data')).mode & 0o077).toBe(0);
  await server.stop();
});

test('all databases that are named exist, and data is checked by checksums', async () => {
  const server = await startAt(home());

  const names = await query(server.urlOf('second'), 'select current_database() as name');
  const checksums = await query(server.url, 'show data_checksums');
  const encoding = await query(server.url, 'show server_encoding');

  expect(names).toEqual([{ name: 'second' }]);
  expect(checksums).toEqual([{ data_checksums: 'on' }]);
  expect(encoding).toEqual([{ server_encoding: 'UTF8' }]);
  await server.stop();
});

test('a taken port is said with what the server wrote, and the folder can be used afterwards', async () => {
  const first = await start();

  const second = startAt(join(folder.path, 'other'), first.port);

  await expect(second).rejects.toThrow(
    /PostgreSQL ended with exit code 1 before it was ready.*(Address already in use|could not create listen socket)/s,
  );
  const third = await startAt(join(folder.path, 'other'));
  await Promise.all([first.stop(), third.stop()]);
});

function home(): string {
  return join(folder.path, 'home');
}

async function start(): Promise<RunningPostgres> {
  if (!existsSync(home())) execFileSync('cp', ['-a', join(template.path, 'home'), home()]);
  return startAt(home());
}

async function startAt(place: string, port?: number): Promise<RunningPostgres> {
  const free = port ?? (await choosePort(0)).port;
  // A log of its own: what a neighbour writes would push the reason out of its end.
  const logFile = `${place}.log`;
  return startPostgres({ home: place, port: free, logFile, databases: ['first', 'second'] });
}

/** A launcher in a process of its own, to be killed. */
async function launch(): Promise<{ url: string; kill: () => void }> {
  const module = fileURLToPath(import.meta.resolve('../../local/postgres.ts'));
  const { port } = await choosePort(0);
  const options = {
    home: home(),
    port,
    logFile: join(folder.path, 'postgres.log'),
    databases: ['first'],
  };
  const program = `import { startPostgres } from ${JSON.stringify(module)};
    console.log((await startPostgres(${JSON.stringify(options)})).url);
    setInterval(() => {}, 1000);`;
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: launcher.stdout }), 'line')) as [string];
  return { url, kill: () => launcher.kill('SIGKILL') };
}

function serverPid(): number {
  return Number(readFileSync(join(home(), 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Proves that the server numbers its processes as we do (a user namespace is no pid namespace). */
function backendOf(pid: number): number {
  const found = processesOnData().find((one) => one === pid);
  if (found === undefined) throw new Error(`No backend ${pid} on the data folder.`);
  return found;
}

function processesOnData(): readonly number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => workingFolder(pid) === join(home(), 'data'));
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const client = await connect(url);
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
