import { accessSync, constants } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll } from 'vitest';
import {
  leaseBrowser,
  type BrowserLease,
  type BrowserOptions,
} from '../../adapters/browser/browser.ts';

/** The Chromium of this machine, for tests that need a real one: CHROMIUM_PATH, else the usual places. Undefined: there is none. */
export const chromiumPath: string | undefined = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && path !== '' && isProgram(path));

if (chromiumPath === undefined) {
  console.warn('No Chromium found: the tests that need one are SKIPPED. Set CHROMIUM_PATH.');
}

/**
 * One Chromium for all leases of a suite that have these options: with each of them another would be started, which costs more than what it
 * renders. At the end none may be left: a lease that somebody kept is seen.
 */
export function withOneBrowser(options: BrowserOptions): void {
  let kept: BrowserLease | undefined;
  beforeAll(() => {
    kept = leaseBrowser(options);
  });
  afterAll(async () => {
    await kept?.release();
    await expectNoBrowsers();
  });
}

/** @throws Error - Chromium still lives some seconds later. */
export async function expectNoBrowsers(): Promise<void> {
  const left = await remainingBrowsers();
  if (left.length === 0) return;
  const names = left.map((line) => line.slice(0, 60)).join(', ');
  throw new Error(`${left.length} processes of Chromium are still there: ${names}`);
}

/** Chromium processes that this test process started and that still live, waited for up to 5 seconds to be none. */
export async function remainingBrowsers(): Promise<readonly string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const left = runningBrowsers();
    if (left.length === 0 || attempt === 50) return left;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** `<pid> <command>` of each Chromium process below this test process. */
export function runningBrowsers(): readonly string[] {
  return descendants(process.pid).filter((line) => /chrom/iu.test(line));
}

function descendants(root: number): readonly string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,command='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/u.exec(line))
    .filter((match) => match !== null);
  const found = new Set([root]);
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const [, pid, parent] of lines) if (found.has(Number(parent))) found.add(Number(pid));
  }
  return lines
    .filter(([, pid, , stat]) => found.has(Number(pid)) && stat?.startsWith('Z') === false)
    .map(([, pid, , , command]) => `${pid} ${command}`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
