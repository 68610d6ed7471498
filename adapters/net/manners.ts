import type { Net } from './net.ts';
import { createPace, type Pace } from './pace.ts';
import { createRobotsFiles, type RobotsFiles } from './robots-file.ts';
import type { Robots } from './robots.ts';

/** How a guest behaves: the rules of each host are obeyed, and it is asked at the pace that it bears. */
export interface Manners {
  /** The rules of the page's host, asked for once by each guest. @throws what `RobotsFiles.of` throws */
  robots(url: string): Promise<Robots>;
  allows(url: string): Promise<boolean>;
  /** Milliseconds until the page's host may be asked. */
  waitMs(url: string): number;
  /** Waits for the host's turn and takes it: the next one comes after its crawl delay or `delayMs`, whichever is longer. */
  takeTurn(url: string): Promise<void>;
}

export interface Guest {
  readonly net: Net;
  readonly userAgent: string;
  readonly signal: AbortSignal;
  /** Least time between two requests to a host, if the definition says one. */
  readonly delayMs?: number;
}

/** What is remembered of hosts, bounded, for everybody in a process: a host does not care which source asks. */
export interface HostMemory {
  readonly pace: Pace;
  readonly robots: RobotsFiles;
}

/** Makes an empty memory. A process needs one only, and has it: others are for tests. */
export function createHostMemory(): HostMemory {
  return { pace: createPace(), robots: createRobotsFiles() };
}

/** Lets a guest in. It shares turns and rules with all other guests of the same memory. */
export function openManners(guest: Guest, memory: HostMemory = processMemory): Manners {
  const { net, userAgent, signal } = guest;
  const rules = new Map<string, Promise<Robots>>();
  const robots = (url: string): Promise<Robots> => {
    const { origin } = new URL(url);
    // What failed is kept, too: a host that is away is not asked for its rules before each of its pages.
    const found = rules.get(origin) ?? memory.robots.of(net, origin, signal);
    rules.set(origin, found);
    return found;
  };
  return {
    robots,
    allows: async (url) => (await robots(url)).allows(userAgent, url),
    waitMs: (url) => memory.pace.waitMs(new URL(url).host),
    async takeTurn(url) {
      const asked = (await robots(url)).crawlDelayMs(userAgent) ?? 0;
      const intervalMs = Math.max(asked, delayMs(guest, new URL(url)));
      await memory.pace.take(new URL(url).host, intervalMs, signal);
    },
  };
}

/** Lives as long as the process: a source that was just read is read again at the same pace. */
const processMemory = createHostMemory();

/** Sources §6, B8: 1 request a second, never above 5; hosts that the operator named are his own. */
function delayMs({ delayMs: configured, net }: Guest, url: URL): number {
  if (net.guard.isAllowed(url)) return configured ?? 50;
  return Math.max(configured ?? 1000, 200);
}
