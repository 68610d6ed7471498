import type { Fault } from '../fault.ts';
import { collect, editAll, runsEnd } from '../steps/runs.ts';
import { noFaketime, skewedWorker, skewsSeen } from './f9.ts';

export const f34: Fault = {
  id: 'F34',
  title: 'the clocks of two workers are an hour apart, in both directions',
  workload: { feed: 25, shop: 25, site: 6 },
  workers: 0,
  missing: noFaketime,
  script: () => [
    skewedWorker(-60),
    skewedWorker(60),
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
  ],
  observe: (arena) => ({ 'requests refused for their time': skewsSeen(arena) }),
  heals: 'by itself',
};
