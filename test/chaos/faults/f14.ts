import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd } from '../steps/runs.ts';
import { road, terminateReaders, TERMINATED, untilDelayed } from '../steps/services.ts';

const cutRoad: Step = {
  says: 'cut every connection on the road to source-database',
  act(arena) {
    const { counters } = arena.roads['source-database'];
    const before = counters.cuts;
    arena.roads['source-database'].apply({ kind: 'pass' });
    arena.count(TERMINATED, counters.cuts - before);
    return Promise.resolve();
  },
};

export const f14: Fault = {
  id: 'F14',
  title: 'the connection to the source is lost in the middle of its cursor',
  workload: { shop: 120 },
  script: (random) => [
    road('source-database', { kind: 'latency', ms: 40 }),
    collect(),
    untilDelayed('source-database', random.between(20, 45)),
    random.pick([terminateReaders, cutRoad]),
    road('source-database', { kind: 'pass' }),
    runsEnd('succeeded'),
  ],
  observe: ({ seen }) => ({ [TERMINATED]: seen.get(TERMINATED) ?? 0 }),
  heals: 'by itself',
};
