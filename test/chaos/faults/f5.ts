import type { Fault, Step } from '../fault.ts';
import { collect, runsEnd, until } from '../steps/runs.ts';
import { road } from '../steps/services.ts';
import { busyWith, MET, signalBusy } from '../steps/workers.ts';

const DOCUMENTS = 30;
const UNREPORTED = 'runs whose documents were stored and committed, but not reported';

const busy: Step = {
  says: 'wait until the feed is collected',
  async act(arena, story) {
    await busyWith(arena, story, 'feed');
    // The server believes so as soon as it has answered a poll; the worker has heard of it when the feed runs.
    await until(async () => (await arena.feed.pids()).length > 0, 'a running feed');
  },
};

const committed: Step = {
  says: 'wait until every document is in the manifest',
  async act(arena) {
    await until(async () => {
      const rows = await arena.db.selectFrom('documents').select('hash').execute();
      return rows.length === DOCUMENTS;
    }, 'the last commit');
    arena.count(UNREPORTED);
  },
};

export const f5: Fault = {
  id: 'F5',
  title: 'a worker dies after the work, before it reports',
  workload: { feed: DOCUMENTS },
  script: (random) => [
    { says: 'the feed speaks slowly', act: ({ feed }) => feed.behave({ delayMs: 40 }) },
    collect(),
    busy,
    road('temporal', { kind: 'black-hole' }),
    committed,
    signalBusyUnseen(random.between(0, 300)),
    road('temporal', { kind: 'pass' }),
    runsEnd('succeeded'),
  ],
  observe: ({ seen, roads }) => ({
    [MET.SIGKILL]: seen.get(MET.SIGKILL) ?? 0,
    [UNREPORTED]: seen.get(UNREPORTED) ?? 0,
    'pieces of data that were swallowed': roads.temporal.counters.swallowed,
  }),
  heals: 'by itself',
  expects({ cloud }) {
    const extra = cloud.s3.requests.count('PutObject') - 2 * DOCUMENTS;
    return extra === 0 ? [] : [`The rerun sent ${extra} PUTs; it needed none.`];
  },
};

/** The server believes the activity under way: it has heard nothing else. */
function signalBusyUnseen(afterMs: number): Step {
  const kill = signalBusy('SIGKILL', 'feed');
  return {
    says: `${kill.says}, ${afterMs} ms later`,
    async act(arena, story) {
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await kill.act(arena, story);
    },
  };
}
