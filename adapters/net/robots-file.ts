import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/failures.ts';
import { meaningOf } from './http-status.ts';
import type { HostLimits, RobotsAnswer } from './host-limits.ts';
import type { Net, NetResponse } from './net.ts';
import { notNow } from './pace.ts';
import { retryAfterMs } from './retry-after.ts';
import { parseRobots, type Robots } from './robots.ts';

/** The robots.txt of origins, with the status rules of RFC 9309 §2.3.1. Those that ask at the same time share one request. */
export interface RobotsFiles {
  /**
   * 2xx: what the file says. 4xx: everything is allowed. 429, 5xx, no answer: the copy of the last 24 hours. A copy of the last ten
   * minutes is given without asking, whichever worker made it.
   * @throws SourceUnavailable - nobody knows what is allowed, so nothing is.
   * @throws RateLimited - the same, answered with 429 or with 503 and `Retry-After`; or the host is held.
   * @throws PolicyDenied - the guard refuses the host.
   */
  of(net: Net, origin: string, signal: AbortSignal): Promise<Robots>;
}

export function createRobotsFiles(
  limits: HostLimits,
  now: () => Date = () => new Date(),
): RobotsFiles {
  const copies = new Map<string, Copy>();
  const underway = new Map<string, Promise<Robots | undefined>>();
  const freshCopy = (origin: string): Robots | undefined => {
    const copy = copies.get(origin);
    return copy && now().getTime() < copy.freshUntilMs ? copy.robots : undefined;
  };
  const remember = (origin: string, body: Buffer, ageMs: number): Robots => {
    const robots = parseRobots(body);
    copies.delete(origin);
    copies.set(origin, { robots, freshUntilMs: now().getTime() + FRESH_MS - ageMs });
    forgetOldest(copies);
    return robots;
  };
  async function ask(net: Net, origin: string, signal: AbortSignal): Promise<Robots> {
    const { host } = new URL(origin);
    const { copy, heldMs } = await limits.look(origin, host);
    if (copy && copy.ageMs < FRESH_MS) return remember(origin, copy.body, copy.ageMs);
    try {
      if (heldMs > 0) throw notNow(host, heldMs);
      const { status, body } = await fetchRobots(net, origin, signal, now());
      await limits.keep(origin, { status, body });
      return remember(origin, body, 0);
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(error) || !(error instanceof ApplicationFailure)) throw error;
      if (heldMs === 0) await noteProblem(origin, error);
      if (copy && copy.ageMs < DAY_MS) return parseRobots(copy.body);
      throw error;
    }
  }
  async function noteProblem(origin: string, error: ApplicationFailure): Promise<void> {
    const waitMs = typeof error.nextRetryDelay === 'number' ? error.nextRetryDelay : 0;
    if (waitMs > 0) await limits.hold(new URL(origin).host, waitMs);
    const status = (error.details?.[0] as { status?: number } | undefined)?.status;
    const problem = error.message.slice(0, 500).replaceAll('\0', '').toWellFormed();
    await limits.keep(origin, { problem, ...(status === undefined ? {} : { status }) });
  }
  return {
    async of(net, origin, signal) {
      const others = underway.get(origin);
      const shared = freshCopy(origin) ?? (others && (await orAborted(others, signal)));
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
  readonly freshUntilMs: number;
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
): Promise<Required<Pick<RobotsAnswer, 'status' | 'body'>>> {
  const address = `${origin}/robots.txt`;
  const answer = await net.fetch(address, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    if (isRefusal(error)) throw error;
    throw unreadable(address, error);
  });
  const { status } = answer;
  if (status >= 200 && status < 300) return { status, body: answer.body.subarray(0, MAX_BYTES) };
  if (status < 500 && status !== 429) return { status, body: ALLOW_ALL };
  throw refused(address, answer, now);
}

const ALLOW_ALL = Buffer.alloc(0);
/** RFC 9309 §2.5: what comes after the first 500 KiB is not read. A mark of the encoding in front of it does not count. */
const MAX_BYTES = 500 * 1024 + 3;

function refused(address: string, answer: NetResponse, now: Date): Error {
  const { status } = answer;
  const waitMs = retryAfterMs(answer.headers['retry-after'], now);
  const meaning = meaningOf(answer.status, {
    credentials: false,
    retryAfter: waitMs !== undefined,
  });
  if (meaning.kind === 'failed' && meaning.failure === 'RateLimited') {
    return failure(
      'RateLimited',
      `"${address}" answered ${answer.status}, so nothing may be fetched from there. The next attempt asks again.`,
      { details: { status }, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) },
    );
  }
  return unknownRules(address, `answered ${status}`, { details: { status } });
}

/** RFC 9309 §2.3.1.4: complete disallow. */
function unknownRules(
  address: string,
  what: string,
  more: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> },
): Error {
  return failure(
    'SourceUnavailable',
    `"${address}" ${what}, so nothing may be fetched from there. The next attempt asks again.`,
    more,
  );
}

/** The network's own sentence says why: a misspelt host and a site that is down look alike without it. */
function unreadable(address: string, error: unknown): Error {
  if (!(error instanceof ApplicationFailure)) {
    return unknownRules(address, 'could not be read', { cause: error });
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
