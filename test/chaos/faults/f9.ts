import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, editAll, runsEnd } from '../steps/runs.ts';
import { clockVariables, NO_FAKETIME } from '../tools.ts';

export function skewedWorker(minutes: number): Step {
  const offset = `${minutes > 0 ? '+' : ''}${minutes}m`;
  return {
    says: `a worker whose clock is ${offset} off`,
    act: async ({ crew }) => void (await crew.start(await clockVariables(offset))),
  };
}

/** S3 refuses a time that is more than a quarter of an hour off; nothing else is refused in these scripts. */
export function skewsSeen({ cloud }: Arena): number {
  return cloud.s3.requests.all().filter(({ status }) => status === 403).length;
}

export const noFaketime = async (): Promise<string | undefined> =>
  (await clockVariables('+0m')) === undefined ? NO_FAKETIME : undefined;

export const f9: Fault = {
  id: 'F9',
  title: 'the clock of a worker is so wrong that S3 refuses its requests',
  workload: { feed: 20, shop: 20 },
  workers: 0,
  missing: noFaketime,
  script: (random) => [
    skewedWorker(random.pick([-20, -90, 20, 45])),
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
  ],
  observe: (arena) => ({ 'requests refused for their time': skewsSeen(arena) }),
  heals: 'by itself',
};
