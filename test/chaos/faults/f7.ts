import type { Fault } from '../fault.ts';
import { collect, editAll, runsEnd } from '../steps/runs.ts';
import { s3Fault, s3FaultsSeen } from '../steps/services.ts';

export const f7: Fault = {
  id: 'F7',
  title: 'S3 stores or deletes an object, and the answer is lost',
  workload: { feed: 30, shop: 30, site: 8 },
  script: (random) => [
    s3Fault({
      kind: 'lost-answer',
      operation: 'PutObject',
      probability: random.between(10, 30) / 100,
    }),
    s3Fault({ kind: 'lost-answer', operation: 'DeleteObjects', probability: 0.5 }),
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
  ],
  observe: (arena) => ({ 'lost answers': s3FaultsSeen(arena, 'lost-answer') }),
  heals: 'by itself',
};
