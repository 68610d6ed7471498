import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd } from '../steps/runs.ts';
import { s3Fault, s3IsWell } from '../steps/services.ts';

/** A refusal is final: what was under way at once may still be tried. */
const MOST_REFUSED = 40;

const wrongBucket: Step = {
  says: 'the definitions name a bucket that is not there',
  act: (arena) => applyBucket(arena, 'no-such-bucket'),
};
const rightBucket: Step = {
  says: 'the definitions name the right bucket again',
  act: (arena) => applyBucket(arena, arena.cloud.bucket),
};

function applyBucket({ redefine }: Arena, bucket: string): Promise<void> {
  return redefine((one) => ({ ...one, knowledgeBase: { ...one.knowledgeBase, bucket } }));
}

function refused({ cloud }: Arena): number {
  return cloud.s3.requests.all().filter(({ status }) => status === 403 || status === 404).length;
}

export const f8: Fault = {
  id: 'F8',
  title: 'S3 refuses, or the bucket is not there',
  workload: { feed: 30, shop: 30, site: 6 },
  script: (random) =>
    random.pick([
      [
        s3Fault({ kind: 'access-denied', operation: 'PutObject' }),
        collect(),
        runsEnd('AccessDenied'),
        s3IsWell,
      ],
      [wrongBucket, collect(), runsEnd('NotFound'), rightBucket],
    ]),
  observe: (arena) => ({ 'refused requests': refused(arena) }),
  heals: 'by the next run',
  expects: (arena) =>
    refused(arena) <= MOST_REFUSED
      ? []
      : [`${refused(arena)} requests were refused: a refusal was tried again and again.`],
};
