import { setTimeout as sleep } from 'node:timers/promises';
import { failure } from '../../workflows/failures.ts';
import type { HostLimits } from './host-limits.ts';

/** Spaces the requests to each host, for everything that shares its limits: all sources of all workers. */
export interface Pace {
  /**
   * Waits for the host's turn and takes it: the next one comes `intervalMs` later.
   * @throws RateLimited - the turn is more than a minute away; says when. @throws the reason of `signal`.
   */
  take(host: string, turn: Turn, signal: AbortSignal): Promise<void>;
  /** The host has asked everybody to wait. */
  hold(host: string, forMs: number): Promise<void>;
}

export interface Turn {
  readonly intervalMs: number;
  /**
   * How many turns may be taken at once, for this process alone. More than one saves questions to the store where turns follow one
   * another quickly; those that are not used are lost to others, so a block is short.
   */
  readonly block: number;
}

export function createPace(limits: HostLimits, now: () => number = () => performance.now()): Pace {
  const hosts = new Map<string, HostTurns>();
  return {
    async take(host, turn, signal) {
      signal.throwIfAborted();
      const own = turnsOf(host);
      const at = nextTurn(own, turn, now()) ?? (await reserve(host, own, turn));
      // A process that was busy comes late to its turn; the next one must not follow at once for that.
      const delayMs = Math.max(at, own.lastUsedAt + turn.intervalMs) - now();
      if (delayMs > 0) await sleep(delayMs, undefined, { signal });
      own.lastUsedAt = now();
    },
    async hold(host, forMs) {
      hosts.delete(host);
      await limits.hold(host, forMs);
    },
  };

  function turnsOf(host: string): HostTurns {
    const own = hosts.get(host) ?? { turns: [], lastUsedAt: Number.NEGATIVE_INFINITY };
    hosts.delete(host);
    hosts.set(host, own);
    forgetOldest(hosts);
    return own;
  }

  async function reserve(
    host: string,
    own: HostTurns,
    { intervalMs, block }: Turn,
  ): Promise<number> {
    const wanted = { intervalMs, turns: block, maxWaitMs: LONGEST_WAIT_MS };
    const { taken, waitMs } = await limits.take(host, wanted);
    if (!taken) throw notNow(host, waitMs);
    const first = now() + waitMs;
    own.turns = Array.from({ length: block - 1 }, (_, index) => first + (index + 1) * intervalMs);
    return first;
  }
}

/** What this process knows of its turns at one host, in local time. */
interface HostTurns {
  /** Taken and not used. */
  turns: number[];
  lastUsedAt: number;
}

/** The next turn that was taken already; one that has passed is lost. */
function nextTurn(own: HostTurns, { intervalMs }: Turn, now: number): number | undefined {
  own.turns = own.turns.filter((turn) => turn + intervalMs > now);
  return own.turns.shift();
}

/** Was it the limit of the host, which says nothing of a page? */
export function isLimitOfHost(error: unknown): boolean {
  const details: unknown = (error as { details?: readonly unknown[] }).details?.[0];
  return (details as { limitOfHost?: unknown } | undefined)?.limitOfHost === true;
}

/** The failure of a request for which the host is not ready. */
export function notNow(host: string, waitMs: number): Error {
  return failure(
    'RateLimited',
    `"${host}" may be asked again in ${Math.ceil(waitMs / 1000)} seconds, after its crawl delay, the turns of other sources, or a wait that it asked for. The next attempt honours that.`,
    { retryAfterMs: waitMs, details: { limitOfHost: true } },
  );
}

/** Hosts are endless, memory is not: the one asked longest ago is due anyway. */
function forgetOldest(hosts: Map<string, unknown>): void {
  const [oldest] = hosts.keys();
  if (hosts.size > MAX_HOSTS && oldest !== undefined) hosts.delete(oldest);
}

const MAX_HOSTS = 10_000;
/** Longer waits are the workflow's: they cost no worker. */
const LONGEST_WAIT_MS = 60_000;
