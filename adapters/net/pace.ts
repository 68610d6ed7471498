import { setTimeout as sleep } from 'node:timers/promises';

/** Spaces the requests to each host, for everything in this process that shares it. */
export interface Pace {
  /** Milliseconds until the host may be asked again; 0 for now. Reserves nothing. */
  waitMs(host: string): number;
  /** Waits for the host's turn and takes it: the next one comes `intervalMs` later. @throws the reason of `signal`. */
  take(host: string, intervalMs: number, signal: AbortSignal): Promise<void>;
}

export function createPace(now: () => number = () => performance.now()): Pace {
  const next = new Map<string, number>();
  const waitMs = (host: string): number => Math.max(0, (next.get(host) ?? 0) - now());
  return {
    waitMs,
    async take(host, intervalMs, signal) {
      signal.throwIfAborted();
      const delayMs = waitMs(host);
      // Reserved before the wait, so that two callers never share a turn.
      next.delete(host);
      next.set(host, now() + delayMs + intervalMs);
      forgetOldest(next);
      if (delayMs > 0) await sleep(delayMs, undefined, { signal });
    },
  };
}

/** Hosts are endless, memory is not: the one asked longest ago is due anyway. */
function forgetOldest(next: Map<string, number>): void {
  if (next.size <= MAX_HOSTS) return;
  const [oldest] = next.keys();
  if (oldest !== undefined) next.delete(oldest);
}

const MAX_HOSTS = 10_000;
