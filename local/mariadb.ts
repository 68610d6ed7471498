import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { startProcess } from './processes.ts';
import type { MariaDbPrograms } from './tools/mariadb.ts';

export interface MariaDbOptions {
  readonly programs: MariaDbPrograms;
  /** An empty folder for this server alone, not deeper than about 90 characters: its socket is in it. */
  readonly home: string;
  /** A free port of 127.0.0.1. */
  readonly port: number;
}

export interface RunningMariaDb {
  /** Of an empty database, with a user that may do everything. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts a MariaDB for tests on a folder of its own; what is in it is not meant to outlive a crash. */
export async function startMariaDb(options: MariaDbOptions): Promise<RunningMariaDb> {
  const { home, port, programs } = options;
  const data = join(home, 'data');
  const password = randomBytes(18).toString('base64url');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if (!existsSync(data)) await install(programs, data);
  const url = `mysql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const initFile = writeInitFile(home, password);
  const server = await startProcess({
    name: 'MariaDB',
    command: programs.server,
    args: serverArguments(options, data, initFile),
    logFile: join(home, 'mariadb.log'),
    ready: () => accepts(url),
    readyTimeoutMs: 60_000,
  });
  rmSync(initFile, { force: true });
  return { url, stop: () => server.stop() };
}

const USER = 'wellspring';
const DATABASE = 'test';

async function install({ installDb }: MariaDbPrograms, data: string): Promise<void> {
  const login = [
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ];
  await promisify(execFile)(
    installDb,
    ['--no-defaults', `--datadir=${data}`, ...login, ...asRoot()],
    {
      timeout: 120_000,
    },
  );
}

/** The server runs these statements as its own root at start: the only moment without a password. */
function writeInitFile(home: string, password: string): string {
  const file = join(home, 'init.sql');
  const statements = [
    // The installation makes several roots without a password, some of which may come in over TCP.
    "DELETE FROM mysql.global_priv WHERE User NOT IN ('root', 'mariadb.sys') OR (User = 'root' AND Host <> 'localhost');",
    'FLUSH PRIVILEGES;',
    `CREATE OR REPLACE USER '${USER}'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO '${USER}'@'127.0.0.1' WITH GRANT OPTION;`,
    `ALTER USER root@localhost IDENTIFIED BY '${password}';`,
    `CREATE DATABASE IF NOT EXISTS ${DATABASE} CHARACTER SET utf8mb4;`,
  ];
  writeFileSync(file, `${statements.join('\n')}\n`, { mode: 0o600 });
  return file;
}

function serverArguments(
  { home, port }: MariaDbOptions,
  data: string,
  initFile: string,
): readonly string[] {
  const where = [
    `--datadir=${data}`,
    `--socket=${join(home, 'socket')}`,
    `--pid-file=${join(home, 'pid')}`,
  ];
  const network = ['--bind-address=127.0.0.1', `--port=${port}`, '--skip-name-resolve'];
  const quick = [
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=32M',
    '--skip-log-bin',
  ];
  return ['--no-defaults', ...where, ...network, ...quick, `--init-file=${initFile}`, ...asRoot()];
}

/** Both programs refuse root unless told. */
function asRoot(): readonly string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

async function accepts(url: string): Promise<boolean> {
  const connection = await createConnection({ uri: url, connectTimeout: 2_000 });
  await connection.end();
  return true;
}
