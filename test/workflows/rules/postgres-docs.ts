import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Debian 12 serves both: the release's and the security archive's. */
const VERSIONS = ['15.18-0+deb12u1', '15.20-0+deb12u1'] as const;

/**
 * The folders of PostgreSQL's documentation as HTML in two releases, from Debian's packages; undefined, said loudly, where they cannot be
 * had. Kept in the user's cache.
 */
export async function findPostgresDocs(): Promise<readonly [string, string] | undefined> {
  try {
    return [await unpacked(VERSIONS[0]), await unpacked(VERSIONS[1])];
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    console.warn(`SKIPPED: no packages of postgresql-doc-15 from Debian (${why}).`);
    return undefined;
  }
}

async function unpacked(version: string): Promise<string> {
  const cache = join(homedir(), '.cache', 'wellspring', 'test-packages');
  const folder = join(cache, `postgresql-doc-15-${version}`);
  const html = join(folder, 'usr', 'share', 'doc', 'postgresql-doc-15', 'html');
  if (existsSync(html)) return html;
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  await download(version, work);
  await run('sh', ['-c', 'dpkg-deb -x *.deb tree'], { cwd: work });
  await rename(join(work, 'tree'), folder);
  return html;
}

async function download(version: string, cwd: string): Promise<void> {
  const get = () => run('apt-get', ['download', `postgresql-doc-15=${version}`], { cwd });
  try {
    await get();
  } catch {
    await run('apt-get', ['update']);
    await get();
  }
}
