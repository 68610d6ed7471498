import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { environmentWith } from '../config.ts';
import type { PostgresBinaries } from './binaries.ts';
import { giveTo, type RunAs } from './unprivileged.ts';

export const SUPERUSER = 'wellspring';

/** Where the data of a home is. */
export function dataFolder(home: string): string {
  return join(home, 'data');
}

/** The major version of an existing data folder. */
export function dataVersion(home: string): number | undefined {
  const file = join(dataFolder(home), 'PG_VERSION');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : undefined;
}

/**
 * The password of the database's owner, kept in the home with mode 0600: over TCP every user of the machine can
 * knock. Generated before the data exists.
 * @throws Error - there is data but no password.
 */
export function databasePassword(home: string): string {
  const file = join(home, 'password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (existsSync(dataFolder(home))) {
    throw new Error(
      `The password of the database is missing: "${file}". Put it back, or move "${home}" away to begin anew.`,
    );
  }
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  renameSync(temporary, file);
  return databasePassword(home);
}

/**
 * Makes the data folder unless it exists. All or nothing: a crash leaves a folder that the next start removes.
 * @throws Error - initdb refused: the sentence holds what it said.
 */
export async function initialiseData(
  home: string,
  binaries: PostgresBinaries,
  runAs: RunAs,
): Promise<void> {
  removeUnfinished(home);
  if (!existsSync(dataFolder(home))) {
    const unfinished = mkdtempSync(join(home, UNFINISHED));
    // A file, since initdb cannot open a standard input that is a socket, as Node's pipes are.
    writeFileSync(join(unfinished, PASSWORD_COPY), databasePassword(home), { mode: 0o600 });
    giveTo(unfinished, runAs);
    await initdb(unfinished, binaries, runAs);
    renameSync(join(unfinished, 'data'), dataFolder(home));
    removeUnfinished(home);
  }
  giveTo(dataFolder(home), runAs);
}

/** Makes the home, for its owner alone. */
export function makeHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
}

const UNFINISHED = 'init-';
const PASSWORD_COPY = 'password';

function removeUnfinished(home: string): void {
  const names = readdirSync(home).filter((name) => name.startsWith(UNFINISHED));
  for (const name of names) rmSync(join(home, name), { recursive: true, force: true });
}

async function initdb(folder: string, binaries: PostgresBinaries, runAs: RunAs): Promise<void> {
  const program = join(binaries.folder, 'initdb');
  const { command, args } = runAs.wrap(program, initArguments(folder, binaries.major));
  const env = environmentWith({ ...binaries.env, LC_ALL: 'C' });
  const child = spawn(command, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new Error(`initdb ended with exit code ${code}. It said: ${output.trim().slice(-600)}`);
}

function initArguments(folder: string, major: number): readonly string[] {
  // The builtin provider (from 17) is the same on every system. Stated in full: the user's LANG must not matter.
  const provider = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  const login = [`--username=${SUPERUSER}`, `--pwfile=${join(folder, PASSWORD_COPY)}`];
  const fixed = ['-E', 'UTF8', '--locale=C.UTF-8', '--auth=scram-sha-256', '--data-checksums'];
  return ['-D', join(folder, 'data'), ...fixed, ...provider, ...login];
}
