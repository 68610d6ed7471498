import type { HostLimits } from './host-limits.ts';
import type { Net } from './net.ts';
import { createPace, type Pace } from './pace.ts';
import { retryAfterMs } from './retry-after.ts';
import { createRobotsFiles, type RobotsFiles } from './robots-file.ts';
import type { Robots } from './robots.ts';

/** How a guest behaves: the rules of each host are obeyed, and it is asked at the pace that it bears. */
export interface Manners {
  /** The rules of the page's host, asked for once by each guest. @throws what `RobotsFiles.of` throws */
  robots(url: string): Promise<Robots>;
  allows(url: string): Promise<boolean>;
  /**
   * Waits for the host's turn and takes it: the next one comes after its crawl delay or `delayMs`, whichever is longer.
   * @throws RateLimited - the turn is more than a minute away; `isLimitOfHost` knows the failure.
   */
  takeTurn(url: string): Promise<void>;
  /** Looks whether an answer asks to wait: 429 or 503 with `Retry-After` holds the host for everybody. */
  heed(answer: HostAnswer): Promise<void>;
}

interface HostAnswer {
  readonly url: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
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

/** Makes an empty memory of limits that all workers share. A process needs one only. */
export function createHostMemory(limits: HostLimits): HostMemory {
  const pace = createPace(limits);
  return { pace, robots: createRobotsFiles(limits) };
}

/** Lets a guest in. It shares turns and rules with all other guests of the same memory, and of the limits behind it. */
export function openManners(guest: Guest, memory: HostMemory): Manners {
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
    async takeTurn(url) {
      const asked = (await robots(url)).crawlDelayMs(userAgent) ?? 0;
      const target = new URL(url);
      const intervalMs = Math.max(asked, delayMs(guest, target));
      const block = net.guard.isAllowed(target) ? blockOf(intervalMs) : 1;
      await memory.pace.take(target.host, { intervalMs, block }, signal);
    },
    async heed({ url, status, headers }) {
      const waitMs = retryAfterMs(headers['retry-after'], new Date());
      const asksToWait = (status === 429 || status === 503) && waitMs !== undefined && waitMs > 0;
      if (asksToWait) await memory.pace.hold(new URL(url).host, waitMs);
    },
  };
}

/** Sources §6, B8: 1 request a second, never above 5; hosts that the operator named are his own. */
function delayMs({ delayMs: configured, net }: Guest, url: URL): number {
  if (net.guard.isAllowed(url)) return configured ?? 50;
  return Math.max(configured ?? 1000, 200);
}

/** On the operator's own hosts turns follow so quickly that asking the store for each would cost as much as some pages do. */
function blockOf(intervalMs: number): number {
  return Math.min(20, Math.max(1, Math.floor(BLOCK_MS / intervalMs)));
}

/** What a process may keep from others at most, for example when it dies. */
const BLOCK_MS = 1000;
