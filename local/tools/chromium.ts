import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { installDebianPackage } from './debian.ts';
import { type Attempt, type Found, firstFound, type Step, type ToolSearch } from './first-found.ts';
import { ask, onPath } from './program.ts';
import { givenPath } from './temporal-cli.ts';

export interface ChromiumSearch extends ToolSearch {
  /** CHROMIUM_PATH */
  readonly chromiumPath: string | undefined;
}

/**
 * Finds a Chromium that runs: CHROMIUM_PATH, Playwright's own, one of the system, Playwright's download, Debian's
 * package.
 * @throws Error - each of them failed: the sentence says how, and what to do.
 */
export async function findChromium(search: ChromiumSearch): Promise<Found<string>> {
  const steps: readonly Step<string>[] = [
    { name: 'CHROMIUM_PATH', find: () => verified(givenPath(search.chromiumPath)) },
    { name: "Playwright's cache", find: playwrightsOwn },
    { name: 'the system', find: () => ofSystem(search.searchPath) },
    { name: "Playwright's download", find: () => playwrightDownload(search) },
    {
      name: "Debian's package",
      find: () => installDebianPackage(PACKAGE, search, () => ofSystem(search.searchPath)),
    },
  ];
  return firstFound(
    'Chromium',
    steps,
    'Install Chromium or Chrome, or set CHROMIUM_PATH to its file.',
  );
}

const PACKAGE = { name: 'chromium', downloadMegabytes: 130 };
const DOWNLOAD_WITHIN_MS = 240_000;

const SYSTEM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const MAC_FOLDERS = [
  '/Applications/Google Chrome.app/Contents/MacOS',
  '/Applications/Chromium.app/Contents/MacOS',
];

/** A browser can be there and lack a library of the system: only running it tells. */
async function verified(attempt: Attempt<string>): Promise<Attempt<string>> {
  if (!('tool' in attempt)) return attempt;
  const answer = await ask(attempt.tool, ['--version'], { timeoutMs: 20_000 });
  return answer.ok ? attempt : { why: `"${attempt.tool}" does not run: ${answer.why}` };
}

async function playwrightsOwn(): Promise<Attempt<string>> {
  const { chromium } = await import('playwright-core');
  const path = givenPath(chromium.executablePath());
  return 'tool' in path ? verified(path) : { why: 'empty' };
}

async function ofSystem(searchPath: readonly string[]): Promise<Attempt<string>> {
  const path =
    onPath(SYSTEM_NAMES, searchPath) ?? onPath(['Google Chrome', 'Chromium'], MAC_FOLDERS);
  return path === undefined ? { why: 'no Chromium and no Chrome' } : verified({ tool: path });
}

async function playwrightDownload({
  mayInstall,
  announce,
}: ChromiumSearch): Promise<Attempt<string>> {
  if (!mayInstall) return { why: 'not asked to download' };
  announce("Downloading Chromium for Playwright (about 170 MB) into Playwright's cache.");
  const program = join(
    dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')),
    'cli.js',
  );
  const answer = await ask(process.execPath, [program, 'install', '--no-shell', 'chromium'], {
    timeoutMs: DOWNLOAD_WITHIN_MS,
    env: { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' },
  });
  return answer.ok ? playwrightsOwn() : { why: answer.why };
}
