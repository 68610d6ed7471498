import type { Fault } from '../fault.ts';
import { DIED } from '../steps/deaths.ts';
import { armAll, BEFORE, DELIVERY, killedAt } from '../steps/repair-deaths.ts';
import {
  approveSoon,
  broken,
  moved,
  PAGES,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
} from '../steps/repairs.ts';

export const f21: Fault = {
  id: 'F21',
  title: 'the Temporal server dies in the middle of a repair',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script(random) {
    const before = random.some(1, BEFORE.length).map((place) => BEFORE[place - 1] ?? 'noted');
    const after = random.some(1, DELIVERY.length).map((place) => DELIVERY[place - 1] ?? 'noted');
    return [
      armAll(before, after),
      ...broken('second'),
      ...killedAt(before, 'server'),
      untilAsked,
      approveSoon,
      ...killedAt(after, 'server'),
      repairEnds('pr-merged-unchanged'),
      moved('deployed'),
    ];
  },
  observe: ({ seen }) => ({ [DIED.server]: seen.get(DIED.server) ?? 0 }),
  heals: 'by itself',
};
