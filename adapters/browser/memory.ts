import { readFile } from 'node:fs/promises';
import type { Browser, CDPSession } from 'playwright-core';

export interface MemoryLimits {
  /** A page that takes more is ended; the others go on. */
  readonly pageMb: number;
  /** A Chromium that takes more in all is replaced before its next page. */
  readonly browserMb: number;
}

export interface BrowserMemory {
  /** Is it time for another Chromium? */
  isFull(): boolean;
  stop(): void;
}

/** What a page's scripts may take is bounded by a flag; everything else that a page can make Chromium hold is bounded by these. */
export const MEMORY_LIMITS: MemoryLimits = { pageMb: 1024, browserMb: 2048 };

/**
 * Looks every second at the memory that the processes of a Chromium have for themselves, and ends the one of a page that took too much:
 * for that page it is a crash. Only where the system tells it, in `/proc`; elsewhere nothing is full.
 */
export async function watchMemory(browser: Browser, limits: MemoryLimits): Promise<BrowserMemory> {
  const session = await browser.newBrowserCDPSession();
  let isFull = false;
  let looking = false;
  const look = async (): Promise<void> => {
    const processes = await memoryOf(session);
    for (const { pid, type, mb } of processes) {
      if (type === 'renderer' && mb > limits.pageMb) process.kill(pid, 'SIGKILL');
    }
    isFull ||= processes.reduce((sum, { mb }) => sum + mb, 0) > limits.browserMb;
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // Chromium, or one of its processes, has just ended: nothing is left to look at.
    void look()
      .catch(() => {})
      .finally(() => (looking = false));
  }, EVERY_MS);
  timer.unref();
  return { isFull: () => isFull, stop: () => clearInterval(timer) };
}

const EVERY_MS = 1000;

interface ProcessMemory {
  readonly pid: number;
  readonly type: string;
  readonly mb: number;
}

async function memoryOf(session: CDPSession): Promise<readonly ProcessMemory[]> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return Promise.all(
    processInfo.map(async ({ id, type }) => ({ pid: id, type, mb: await ownMb(id) })),
  );
}

/** Without what processes share, which would count once for each of them. */
async function ownMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^RssAnon:\s+(\d+) kB$/mu.exec(status)?.[1] ?? 0) / 1024;
}
