import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/failures.ts';
import { meaningOf } from './http-status.ts';
import type { Net, NetResponse } from './net.ts';
import { retryAfterMs } from './retry-after.ts';
import { parseRobots, type Robots } from './robots.ts';

/** The robots.txt of origins, with the status rules of RFC 9309 §2.3.1. Those that ask at the same time share one request. */
export interface RobotsFiles {
  /**
   * 2xx: what the file says. 4xx: everything is allowed. 429, 5xx, no answer: the copy of the last 24 hours. A copy of the last ten
   * minutes is given without asking.
   * @throws SourceUnavailable - nobody knows what is allowed, so nothing is.
   * @throws RateLimited - the same, answered with 429 or with 503 and `Retry-After`.
   * @throws PolicyDenied - the guard refuses the host.
   */
  of(net: Net, origin: string, signal: AbortSignal): Promise<Robots>;
}

export function createRobotsFiles(now: () => Date = () => new Date()): RobotsFiles {
  const copies = new Map<string, Copy>();
  const underway = new Map<string, Promise<Robots | undefined>>();
  const copyOf = (origin: string, youngerThanMs: number): Robots | undefined => {
    const copy = copies.get(origin);
    return copy && now().getTime() - copy.atMs < youngerThanMs ? copy.robots : undefined;
  };
  async function ask(net: Net, origin: string, signal: AbortSignal): Promise<Robots> {
    try {
      const robots = await fetchRobots(net, origin, signal, now());
      copies.delete(origin);
      copies.set(origin, { robots, atMs: now().getTime() });
      forgetOldest(copies);
      return robots;
    } catch (error) {
      signal.throwIfAborted();
      const copy = isRefusal(error) ? undefined : copyOf(origin, DAY_MS);
      if (copy) return copy;
      throw error;
    }
  }
  return {
    async of(net, origin, signal) {
      const others = underway.get(origin);
      const shared = copyOf(origin, FRESH_MS) ?? (others && (await orAborted(others, signal)));
      if (shared) return shared;
      const asked = ask(net, origin, signal);
      // Whoever asked may have been cancelled: that is no answer for those who wait with him.
      const settled = asked.catch(() => undefined);
      underway.set(origin, settled);
      return asked.finally(() => underway.get(origin) === settled && underway.delete(origin));
    },
  };
}

interface Copy {
  readonly robots: Robots;
  readonly atMs: number;
}

async function orAborted<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([waited, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function fetchRobots(
  net: Net,
  origin: string,
  signal: AbortSignal,
  now: Date,
): Promise<Robots> {
  const address = `${origin}/robots.txt`;
  const answer = await net.fetch(address, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (isRefusal(error)) throw error;
    throw unreadable(address, error);
  });
  if (answer.status >= 200 && answer.status < 300) return parseRobots(answer.body);
  if (answer.status < 500 && answer.status !== 429) return ALLOW_ALL;
  throw notNow(address, answer, now);
}

const ALLOW_ALL = parseRobots('');

function notNow(address: string, answer: NetResponse, now: Date): Error {
  const waitMs = retryAfterMs(answer.headers['retry-after'], now);
  const meaning = meaningOf(answer.status, {
    credentials: false,
    retryAfter: waitMs !== undefined,
  });
  if (meaning.kind === 'failed' && meaning.failure === 'RateLimited') {
    return failure(
      'RateLimited',
      `"${address}" answered ${answer.status}, so nothing may be fetched from there. The next attempt asks again.`,
      waitMs === undefined ? {} : { retryAfterMs: waitMs },
    );
  }
  return unknownRules(address, `answered ${answer.status}`);
}

/** RFC 9309 §2.3.1.4: complete disallow. */
function unknownRules(address: string, what: string, cause?: unknown): Error {
  return failure(
    'SourceUnavailable',
    `"${address}" ${what}, so nothing may be fetched from there. The next attempt asks again.`,
    { cause },
  );
}

/** The network's own sentence says why: a misspelt host and a site that is down look alike without it. */
function unreadable(address: string, error: unknown): Error {
  if (!(error instanceof ApplicationFailure)) {
    return unknownRules(address, 'could not be read', error);
  }
  const sentence = `${error.message} Before "${address}" was read, nothing may be fetched from there.`;
  return failure('SourceUnavailable', sentence, { cause: error });
}

function isRefusal(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'PolicyDenied';
}

function forgetOldest(copies: Map<string, unknown>): void {
  const [oldest] = copies.keys();
  if (copies.size > MAX_COPIES && oldest !== undefined) copies.delete(oldest);
}

const MAX_COPIES = 1000;
/** Runs that follow one another need no new copy; whoever mends the file sees it obeyed soon. The RFC allows a day. */
const FRESH_MS = 10 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;
