import type { Fault } from '../fault.ts';
import { collect, runsEnd, untilPuts } from '../steps/runs.ts';
import { MET, signalBusy } from '../steps/workers.ts';

const DOCUMENTS = 80;

export const f1: Fault = {
  id: 'F1',
  title: 'a worker dies in the middle of an upload',
  workload: { feed: DOCUMENTS, shop: 20 },
  script: (random) => [
    { says: 'the feed speaks slowly', act: ({ feed }) => feed.behave({ delayMs: 50 }) },
    collect(),
    untilPuts(random.between(60, 140)),
    signalBusy('SIGKILL', 'feed'),
    runsEnd('succeeded'),
  ],
  observe: ({ seen }) => ({ [MET.SIGKILL]: seen.get(MET.SIGKILL) ?? 0 }),
  heals: 'by itself',
  expects({ cloud, seen, shop, feed }) {
    const puts = cloud.s3.requests.count('PutObject');
    // What was read and not yet committed is written again: at most all that a dead worker had under way.
    const most = 2 * (feed.truth.size + shop.truth.size) * (1 + (seen.get(MET.SIGKILL) ?? 0));
    return puts <= most ? [] : [`${puts} PUTs were sent; ${most} are the most.`];
  },
};
