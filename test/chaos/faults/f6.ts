import type { Fault } from '../fault.ts';
import { collect, editAll, runsEnd } from '../steps/runs.ts';
import { s3Fault, s3FaultsSeen } from '../steps/services.ts';

/** Of what is needed: below it, retries have not become a storm. */
const MOST_RETRIES = 2;

export const f6: Fault = {
  id: 'F6',
  title: 'S3 answers 503 SlowDown, 500, late, or cuts the connection',
  workload: { feed: 40, shop: 40, site: 8 },
  script: (random) => [
    s3Fault({ kind: 'throttle', operation: '*', probability: random.between(20, 30) / 100 }),
    s3Fault({ kind: 'error500', operation: 'PutObject', probability: 0.03 }),
    s3Fault({ kind: 'reset', operation: 'PutObject', probability: 0.02 }),
    s3Fault({ kind: 'slow', operation: 'PutObject', probability: 0.03, delayMs: 400 }),
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
  ],
  observe: (arena) => ({
    'SlowDown answers': s3FaultsSeen(arena, 'throttle'),
    'broken or late answers': s3FaultsSeen(arena, 'error500', 'reset', 'slow'),
  }),
  heals: 'by itself',
  expects({ cloud }, { runs }) {
    const puts = cloud.s3.requests.count('PutObject');
    const needed = runs.reduce((sum, { counts }) => sum + (counts['putRequests'] ?? 0), 0);
    return puts <= needed * MOST_RETRIES
      ? []
      : [`${puts} PUTs were sent where ${needed} were needed.`];
  },
};
