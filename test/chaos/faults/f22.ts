import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Step } from '../fault.ts';
import { armAll } from '../steps/repair-deaths.ts';
import { at } from '../hold.ts';
import { road, s3Fault, s3FaultsSeen, s3IsWell } from '../steps/services.ts';
import {
  approveSoon,
  broken,
  moved,
  PAGES,
  readUntilItEnds,
  repairEnds,
  SHORT_PROBATION,
  untilAsked,
} from '../steps/repairs.ts';

const CUT = 'connections of the workers that were cut at the deployment';

/** The transaction of the deployment is under way, and nobody hears of its end. */
const databaseGoes: Step = {
  says: 'every connection to the database is cut, for two seconds',
  async act(arena) {
    const before = arena.roads.database.counters.cuts;
    arena.roads.database.apply({ kind: 'refuse' });
    arena.count(CUT, arena.roads.database.counters.cuts - before);
    arena.defer(() => Promise.resolve(arena.roads.database.apply({ kind: 'pass' })));
    await sleep(2000);
    arena.roads.database.apply({ kind: 'pass' });
  },
};

export const f22: Fault = {
  id: 'F22',
  title: 'answers of Temporal, of the database and of S3 are lost after they took effect',
  workload: { wick: PAGES },
  workers: 1,
  repair: SHORT_PROBATION,
  script(random) {
    const afterBytes = random.between(12_000, 40_000);
    const times = random.between(2, 4);
    const moment = random.pick(['move:deployed', 'noted'] as const);
    return [
      armAll([moment]),
      s3Fault({ kind: 'lost-answer', operation: 'PutObject', probability: 0.15 }),
      ...broken('second'),
      road('temporal', { kind: 'cut', afterBytes, times }),
      untilAsked,
      approveSoon,
      at(moment, databaseGoes),
      s3IsWell,
      readUntilItEnds,
      repairEnds('pr-merged-unchanged'),
      moved('deployed'),
    ];
  },
  observe: (arena) => ({
    [CUT]: arena.seen.get(CUT) ?? 0,
    'connections to Temporal cut in an answer': arena.roads.temporal.counters.cuts,
    'answers of S3 that were lost': s3FaultsSeen(arena, 'lost-answer'),
  }),
  heals: 'by itself',
};
