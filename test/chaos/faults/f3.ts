import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd, untilPuts } from '../steps/runs.ts';
import { feedBehaves } from '../steps/sources.ts';
import { busyWith, MET } from '../steps/workers.ts';

/** The grace of the harness's workers, the force time that follows it, and a busy machine. */
const ENDS_WITHIN_MS = 40_000;

const tellToEnd: Step = {
  says: 'SIGTERM to the worker that collects "feed", which must end by itself, with code 0',
  async act(arena, story) {
    const told = await busyWith(arena, story, 'feed');
    const startedAt = Date.now();
    await arena.crew.signal(told, 'SIGTERM');
    arena.count(MET.SIGTERM);
    const { code, signal } = await arena.crew.ended(told);
    const tookMs = Date.now() - startedAt;
    if (code !== 0) throw new Error(`It ended with ${signal ?? `code ${code}`}.`);
    if (tookMs > ENDS_WITHIN_MS) throw new Error(`It took ${tookMs} ms.`);
  },
};

export const f3: Fault = {
  id: 'F3',
  title: 'a worker is told to stop in the middle of its work',
  workload: { feed: 80, shop: 20, site: 8 },
  script: (random) => [
    feedBehaves({ delayMs: 60 }),
    collect(),
    untilPuts(random.between(20, 100)),
    tellToEnd,
    runsEnd('succeeded'),
  ],
  observe: ({ seen }) => ({ [MET.SIGTERM]: seen.get(MET.SIGTERM) ?? 0 }),
  heals: 'by itself',
};
