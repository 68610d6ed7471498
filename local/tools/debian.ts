import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from '../lock.ts';
import type { Attempt, ToolSearch } from './first-found.ts';
import { ask } from './program.ts';

/** A package of Debian or a descendant, installed only by root and only when asked to. */
export interface DebianPackage {
  /** One name, or several with a blank between them. */
  readonly name: string;
  /** Size of the download with what it needs, for the announcement. */
  readonly downloadMegabytes: number;
}

/** Installs the package by apt-get, then asks `found` again. Updates the lists once when the package is not there. */
export async function installDebianPackage<Tool>(
  wanted: DebianPackage,
  search: ToolSearch,
  found: () => Attempt<Tool> | Promise<Attempt<Tool>>,
): Promise<Attempt<Tool>> {
  if (!search.mayInstall) return { why: 'not asked to install' };
  if (!existsSync('/usr/bin/apt-get')) return { why: 'this is not Debian' };
  if (process.getuid?.() !== 0)
    return { why: `only root may: sudo apt-get install ${wanted.name}` };
  search.announce(
    `Installing Debian's package "${wanted.name}" by apt-get (about ${wanted.downloadMegabytes} MB).`,
  );
  const why = await oneAtATime(search.toolCache, () => install(wanted.name));
  return why === undefined ? found() : { why };
}

const INSTALL_WITHIN_MS = 300_000;
const ENV = { DEBIAN_FRONTEND: 'noninteractive' };

async function oneAtATime(
  toolCache: string,
  install: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const unlock = await takeLock(join(toolCache, 'apt.lock'), INSTALL_WITHIN_MS);
  if (unlock === undefined) return 'another process has been installing for too long';
  return install().finally(unlock);
}

async function install(name: string): Promise<string | undefined> {
  const names = name.split(' ');
  const first = await aptGet(...INSTALL, ...names);
  if (first === undefined) return undefined;
  const update = await aptGet('update');
  return update ?? (await aptGet(...INSTALL, ...names));
}

const INSTALL = ['install', '--yes', '--quiet', '--no-install-recommends'] as const;

async function aptGet(...args: readonly string[]): Promise<string | undefined> {
  const patience = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=1'];
  const answer = await ask('apt-get', [...patience, ...args], {
    timeoutMs: INSTALL_WITHIN_MS,
    env: ENV,
    // Killed in the midst of unpacking, it would leave a package manager that somebody has to mend.
    killSignal: 'SIGTERM',
  });
  return answer.ok ? undefined : answer.why;
}
