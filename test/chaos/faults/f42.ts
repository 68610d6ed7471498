import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { feedBehaves } from '../steps/sources.ts';

const FLOOD = 24;
const QUIET = 5;
const FLOODED = 'runs of the noisy tenant under way when the other one began';

/** How long each run of the quiet tenant took, without the noise and with it. */
const lateness = new WeakMap<Arena, { alone: readonly number[]; beside: readonly number[] }>();

const tenants: Step = {
  says: `tenant "noisy" has ${FLOOD} slow sources, tenant "quiet" has ${QUIET} fast ones`,
  async act({ db, definitions }) {
    const feed = definitions.find(({ id }) => id === 'feed');
    const shop = definitions.find(({ id }) => id === 'shop');
    if (!feed || !shop) return;
    const copy = (one: SourceDefinition, tenant: string, count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...one, tenant, id: `${tenant}-${at}` }));
    const flood = copy(feed, 'noisy', FLOOD);
    await storeRevision(db, {
      definitions: [...definitions, ...flood, ...copy(shop, 'quiet', QUIET)],
      author: 'chaos',
    });
  },
};

function start({ temporal }: Arena, tenant: string, at: number, round: string) {
  return temporal.client.workflow.start('collectSource', {
    workflowId: `collect:${tenant}:${tenant}-${at}-${round}`,
    taskQueue: 'orchestration',
    args: [{ v: 1, source: `${tenant}-${at}`, tenant, trigger: 'manual' }],
  });
}

async function quietRuns(arena: Arena, round: string): Promise<readonly number[]> {
  return Promise.all(
    Array.from({ length: QUIET }, async (_, at) => {
      const startedAt = performance.now();
      await (await start(arena, 'quiet', at, round)).result();
      return performance.now() - startedAt;
    }),
  );
}

const measure: Step = {
  says: 'measure the quiet tenant alone, then beside the flood',
  async act(arena) {
    await quietRuns(arena, 'warm');
    const alone = await quietRuns(arena, 'alone');
    const noise = await Promise.all(
      Array.from({ length: FLOOD }, (_, at) => start(arena, 'noisy', at, 'flood')),
    );
    const beside = await quietRuns(arena, 'beside');
    const open = await Promise.all(noise.map((handle) => handle.describe()));
    arena.count(FLOODED, open.filter(({ status }) => status.name === 'RUNNING').length);
    lateness.set(arena, { alone, beside });
    await Promise.allSettled(noise.map((handle) => handle.result()));
  },
};

/** The times of a busy machine vary by more than the share that is promised; a floor keeps them apart from queueing. */
const FLOOR_MS = 1500;
const MOST_TIMES = 1.5;

export const f42: Fault = {
  id: 'F42',
  title: 'a noisy tenant floods the workers',
  workload: { feed: 30, shop: 10 },
  settings: { WELLSPRING_COLLECT_SLOTS: '4' },
  script: () => [feedBehaves({ delayMs: 100 }), tenants, measure],
  observe: ({ seen }) => ({ [FLOODED]: seen.get(FLOODED) ?? 0 }),
  heals: 'by the next run',
  expects(arena) {
    const { alone = [], beside = [] } = lateness.get(arena) ?? {};
    const [before, after] = [Math.max(...alone), Math.max(...beside)];
    return after <= Math.max(before * MOST_TIMES, before + FLOOR_MS)
      ? []
      : [
          `The quiet tenant's slowest run took ${Math.round(after)} ms beside the flood, ${Math.round(before)} ms alone.`,
        ];
  },
};
