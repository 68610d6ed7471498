import type { HostLimits, RobotsAnswer } from '../../../adapters/net/host-limits.ts';
import { createHostMemory, type HostMemory } from '../../../adapters/net/manners.ts';

/** The limits of hosts in memory, by a clock of milliseconds. */
export function memoryHostLimits(now: () => number = () => performance.now()): HostLimits {
  const next = new Map<string, number>();
  const held = new Map<string, number>();
  const copies = new Map<string, { readonly body: Buffer; readonly at: number }>();
  return {
    take(host, { intervalMs, turns, maxWaitMs }) {
      const at = now();
      const first = Math.max(at, next.get(host) ?? 0, held.get(host) ?? 0);
      const waitMs = first - at;
      const taken = waitMs <= maxWaitMs;
      if (taken) next.set(host, first + intervalMs * turns);
      return Promise.resolve({ taken, waitMs });
    },
    hold(host, forMs) {
      held.set(host, Math.max(held.get(host) ?? 0, now() + forMs));
      return Promise.resolve();
    },
    look(origin, host) {
      const copy = copies.get(origin);
      const heldMs = Math.max(0, (held.get(host) ?? 0) - now());
      const known = copy && { copy: { body: copy.body, ageMs: now() - copy.at } };
      return Promise.resolve({ heldMs, ...known });
    },
    keep(origin, { body }: RobotsAnswer) {
      if (body !== undefined) copies.set(origin, { body, at: now() });
      return Promise.resolve();
    },
  };
}

/** A memory of hosts that nobody shares but those who are given it. */
export function memoryHosts(): HostMemory {
  return createHostMemory(memoryHostLimits());
}
