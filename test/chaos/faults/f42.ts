import type { WorkflowHandle } from '@temporalio/client';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import { attributesOf, eventsOf } from '../../set-up/workflow-history.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { feedBehaves } from '../steps/sources.ts';

const FLOOD = 40;
const QUIET = 5;
const FLOODED = 'runs of the noisy tenant that waited when the quiet one came';

/** When the reading of a run was asked for, and when a worker took it. */
interface Turn {
  readonly askedAtMs: number;
  readonly takenAtMs: number;
}

const turns = new WeakMap<Arena, { noisy: readonly Turn[]; quiet: readonly Turn[] }>();

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

function startAll({ temporal }: Arena, tenant: string, count: number): Promise<WorkflowHandle[]> {
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      temporal.client.workflow.start('collectSource', {
        workflowId: `collect:${tenant}:${tenant}-${at}`,
        taskQueue: 'orchestration',
        args: [{ v: 1, source: `${tenant}-${at}`, tenant, trigger: 'manual' }],
      }),
    ),
  );
}

/** The quiet tenant comes when the flood waits already: its turns are told by the histories, whatever the machine does. */
const flood: Step = {
  says: 'the noisy tenant collects everything at once, then the quiet one',
  async act(arena) {
    const noise = await startAll(arena, 'noisy', FLOOD);
    await waitingOf(noise);
    const calm = await startAll(arena, 'quiet', QUIET);
    await Promise.allSettled([...noise, ...calm].map((handle) => handle.result()));
    const [noisy, quiet] = [await turnsOf(noise), await turnsOf(calm)];
    const firstAsked = Math.min(...quiet.map(({ askedAtMs }) => askedAtMs));
    arena.count(FLOODED, noisy.filter(({ takenAtMs }) => takenAtMs > firstAsked).length);
    turns.set(arena, { noisy, quiet });
  },
};

/** Until each of them has asked for a worker. */
async function waitingOf(handles: readonly WorkflowHandle[]): Promise<void> {
  for (const handle of handles) {
    for (;;) {
      const events = await eventsOf(handle);
      if (events.some((event) => event.activityTaskScheduledEventAttributes)) break;
    }
  }
}

async function turnsOf(handles: readonly WorkflowHandle[]): Promise<readonly Turn[]> {
  const histories = await Promise.all(handles.map((handle) => eventsOf(handle)));
  return histories.flatMap((events) => {
    const asked = events.find((event) => event.activityTaskScheduledEventAttributes);
    const taken = events.find((event) => event.activityTaskStartedEventAttributes);
    const [first] = attributesOf(events, 'activityTaskStartedEventAttributes');
    return asked && taken && first ? [{ askedAtMs: msOf(asked), takenAtMs: msOf(taken) }] : [];
  });
}

function msOf({ eventTime }: { readonly eventTime?: unknown }): number {
  const { seconds, nanos } = (eventTime ?? {}) as { seconds?: unknown; nanos?: unknown };
  return Number(seconds ?? 0) * 1000 + Number(nanos ?? 0) / 1e6;
}

/** Turn about: one of theirs for each of ours, and those that were handed out already. */
const MOST_BEFORE = QUIET + 8;

export const f42: Fault = {
  id: 'F42',
  title: 'a noisy tenant floods the workers',
  workload: { feed: 12, shop: 10 },
  settings: { WELLSPRING_COLLECT_SLOTS: '3' },
  script: () => [feedBehaves({ delayMs: 100 }), tenants, flood],
  observe: ({ seen }) => ({ [FLOODED]: seen.get(FLOODED) ?? 0 }),
  heals: 'by the next run',
  expects(arena) {
    const { noisy = [], quiet = [] } = turns.get(arena) ?? {};
    const before = quiet.map(
      ({ askedAtMs, takenAtMs }) =>
        noisy.filter((one) => one.takenAtMs > askedAtMs && one.takenAtMs < takenAtMs).length,
    );
    const most = Math.max(0, ...before);
    return most <= MOST_BEFORE
      ? []
      : [`${most} runs of the noisy tenant had their turn before one of the quiet tenant.`];
  },
};
