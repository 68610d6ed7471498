import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { readLocalConfig } from './config.ts';
import { takeLock } from './lock.ts';
import {
  embeddedPackage,
  findPostgresBinaries,
  type PostgresBinaries,
} from './postgres/binaries.ts';
import {
  dataFolder,
  databasePassword,
  dataVersion,
  initialiseData,
  makeHome,
  SUPERUSER,
} from './postgres/data-folder.ts';
import { clearLeftovers } from './postgres/leftovers.ts';
import { chooseUser, type RunAs } from './postgres/unprivileged.ts';
import { type Exit, type RunningProcess, startProcess } from './processes.ts';

export interface PostgresOptions {
  /** A folder for this server alone: data, password, lock. Made when missing. */
  readonly home: string;
  /** A free port of 127.0.0.1. */
  readonly port: number;
  readonly logFile: string;
  /** Made when missing; `url` leads to the first. */
  readonly databases: readonly [string, ...string[]];
  /** Server settings, such as `{ fsync: 'off' }` for data that may be lost. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onExit?: (exit: Exit) => void;
}

export interface RunningPostgres {
  /** Of the first database, with its password. */
  readonly url: string;
  readonly port: number;
  /** Of any database of the server. */
  readonly urlOf: (database: string) => string;
  /** A fast shutdown: open transactions are rolled back, everything committed is kept. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a real PostgreSQL on `home` and returns when its databases can be used. Killing it, us or the machine loses
 * nothing that was committed (with default settings), and the next start works.
 * @throws Error - another living process uses the home, or no server can run here: the sentence says which.
 */
export async function startPostgres(given: PostgresOptions): Promise<RunningPostgres> {
  // The server stands in its data folder, from where a relative path would lead elsewhere.
  const home = resolve(given.home);
  makeHome(home);
  const unlock = await lockHome(home);
  const onExit = (exit: Exit): void => {
    // A server that ended by itself may be started again at once, by us too.
    unlock();
    given.onExit?.(exit);
  };
  const options = { ...given, home, onExit };
  try {
    const server = await startServer(options);
    const url = (database: string): string => databaseUrl(home, options.port, database);
    const running = {
      url: url(options.databases[0]),
      port: options.port,
      urlOf: url,
      stop: () => server.stop().finally(unlock),
    };
    await createDatabases(url('postgres'), options.databases).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return running;
  } catch (error) {
    unlock();
    throw error;
  }
}

const LOCKED_WITHIN_MS = 3_000;
const READY_TIMEOUT_MS = 60_000;
/** A fast shutdown writes a checkpoint first. */
const GRACE_MS = 30_000;

async function lockHome(home: string): Promise<() => void> {
  const unlock = await takeLock(join(home, 'lock'), LOCKED_WITHIN_MS);
  if (unlock !== undefined) return unlock;
  throw new Error(
    `Another process already runs PostgreSQL on "${home}". Stop that one first, or use another state folder.`,
  );
}

async function startServer(options: PostgresOptions): Promise<RunningProcess> {
  const { home } = options;
  const { searchPath } = readLocalConfig();
  const binaries = await findPostgresBinaries({
    home,
    searchPath,
    embedded: embeddedPackage(),
    major: dataVersion(home),
  });
  const runAs = await chooseUser(home, binaries.folder);
  await clearLeftovers(dataFolder(home));
  await initialiseData(home, binaries, runAs);
  return startProcess(serverProcess(options, binaries, runAs));
}

function serverProcess(
  options: PostgresOptions,
  binaries: PostgresBinaries,
  runAs: RunAs,
): Parameters<typeof startProcess>[0] {
  const { home, port, logFile, onExit } = options;
  return {
    name: 'PostgreSQL',
    ...runAs.wrap(join(binaries.folder, 'postgres'), serverArguments(options)),
    program: 'postgres',
    env: { ...binaries.env, LC_ALL: 'C', PGDATA: undefined },
    cwd: dataFolder(home),
    logFile,
    ready: () => accepts(databaseUrl(home, port, 'postgres')),
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopSignal: 'SIGINT',
    graceMs: GRACE_MS,
    recordFolder: join(home, 'processes'),
    ...(onExit === undefined ? {} : { onExit }),
  };
}

function serverArguments({ home, port, settings }: PostgresOptions): readonly string[] {
  const fixed = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  const all = Object.entries({ ...fixed, ...settings });
  return [
    '-D',
    dataFolder(home),
    '-p',
    String(port),
    ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

function databaseUrl(home: string, port: number, database: string): string {
  const password = databasePassword(home);
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}?sslmode=disable`;
}

async function accepts(url: string): Promise<boolean> {
  return withClient(url, () => Promise.resolve(true));
}

async function createDatabases(url: string, names: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    const found = await client.query<{ datname: string }>('select datname from pg_database');
    const existing = new Set(found.rows.map((row) => row.datname));
    for (const name of names.filter((one) => !existing.has(one))) {
      await client.query(`create database ${client.escapeIdentifier(name)}`);
    }
  });
}

async function withClient<Result>(
  url: string,
  use: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: url, ssl: false, connectionTimeoutMillis: 5_000 });
  // A server that ends while we are connected must not end us.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
