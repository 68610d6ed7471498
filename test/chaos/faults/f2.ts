import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd, untilPuts, wait } from '../steps/runs.ts';
import { road } from '../steps/services.ts';
import { change, feedBehaves } from '../steps/sources.ts';
import { busyWith, continueStopped, MET, signalBusy } from '../steps/workers.ts';

const DOCUMENTS = 50;
const TAKEN_OVER = 'attempts that another worker took over while the first one slept';

const takenOver: Step = {
  says: 'wait until another worker has taken over',
  async act(arena, story) {
    await busyWith(arena, story, 'feed');
    arena.count(TAKEN_OVER);
  },
};

export const f2: Fault = {
  id: 'F2',
  title: 'a worker sleeps beyond its heartbeat and wakes while another one does its work',
  workload: { feed: DOCUMENTS },
  script: (random) => [
    feedBehaves({ delayMs: 100 }),
    collect(),
    untilPuts(random.between(1, 30)),
    signalBusy('SIGSTOP', 'feed'),
    // Otherwise the server hands the next attempts to the polls of the sleeper, who takes none of them.
    road('temporal', { kind: 'pass' }),
    change('feed', ...random.some(10, DOCUMENTS)),
    takenOver,
    wait(random.between(0, 2500)),
    continueStopped,
    runsEnd('succeeded'),
    // What a zombie writes late must be seen by the checker.
    wait(2000),
  ],
  observe: ({ seen }) => ({
    [MET.SIGSTOP]: seen.get(MET.SIGSTOP) ?? 0,
    [TAKEN_OVER]: seen.get(TAKEN_OVER) ?? 0,
  }),
  heals: 'by itself',
};
