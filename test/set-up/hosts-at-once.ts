import { memoryHostLimits } from '../../activities/sources/conformance/memory-hosts.ts';
import { createHostMemory, type HostMemory } from '../../adapters/net/manners.ts';

/** Hosts whose turns cost no time, for tests that look at what is asked for and stored, not when. Their robots.txt holds as ever. */
export function hostsAtOnce(): HostMemory {
  const { robots } = createHostMemory(memoryHostLimits());
  return { robots, pace: { take: () => Promise.resolve(), hold: () => Promise.resolve() } };
}
