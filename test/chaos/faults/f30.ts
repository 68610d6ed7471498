import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { reconcileRevision } from '../../../adapters/temporal/reconcile.ts';
import { createSchedules } from '../../../adapters/temporal/schedules.ts';
import type { Arena } from '../arena.ts';
import type { Evidence } from '../evidence.ts';
import type { Fault, Step } from '../fault.ts';
import { until } from '../steps/runs.ts';
import { feedBehaves } from '../steps/sources.ts';

const ID = 'source:feed';
const PERIOD_MS = 2000;
const SKIPPED = 'starts that were skipped because a run was under way';
const BACKFILLED = 'times that were backfilled';

const everyTwoSeconds: Step = {
  says: 'the feed is due every 2 seconds',
  async act({ db, temporal, definitions }) {
    const text = 'every 2 seconds';
    const schedule = { text, spec: { everyMs: PERIOD_MS }, timezone: 'UTC', periodMs: PERIOD_MS };
    const changed = definitions.map((one) => ({ ...one, schedule }));
    await storeRevision(db, { definitions: changed, author: 'chaos' });
    await reconcileRevision(db, createSchedules(temporal.client), { now: new Date() });
  },
};

function untilRuns(count: number): Step {
  return {
    says: `wait for ${count} more runs`,
    async act(arena) {
      const wanted = (await ended(arena)) + count;
      await until(async () => (await ended(arena)) >= wanted, `${count} more runs`);
    },
  };
}

async function ended({ db }: Arena): Promise<number> {
  const rows = await db.selectFrom('runs').select('id').where('status', '<>', 'running').execute();
  return rows.length;
}

const pause: Step = {
  says: 'pause the schedule',
  act: ({ temporal }) => temporal.client.schedule.getHandle(ID).pause('chaos'),
};
const unpause: Step = {
  says: 'unpause the schedule',
  act: ({ temporal }) => temporal.client.schedule.getHandle(ID).unpause('chaos'),
};

/** The same times twice, and each of them has or had a run of its own. */
function backfillTwice(seconds: number): Step {
  return {
    says: `backfill the last ${seconds} seconds, twice`,
    async act(arena) {
      const schedules = createSchedules(arena.temporal.client);
      const end = new Date();
      const start = new Date(end.getTime() - seconds * 1000);
      await schedules.backfill(ID, { start, end });
      await schedules.backfill(ID, { start, end });
      arena.count(BACKFILLED, Math.floor((seconds * 1000) / PERIOD_MS));
    },
  };
}

function trigger(times: number): Step {
  return {
    says: `trigger the schedule ${times} times at once`,
    async act({ temporal }) {
      const schedules = createSchedules(temporal.client);
      await Promise.all(Array.from({ length: times }, () => schedules.trigger(ID)));
    },
  };
}

const countSkipped: Step = {
  says: 'pause for good, and count what was skipped',
  async act(arena) {
    const handle = arena.temporal.client.schedule.getHandle(ID);
    await handle.pause('chaos');
    const { info } = await handle.describe();
    arena.count(SKIPPED, info.numActionsSkippedOverlap);
  },
};

export const f30: Fault = {
  id: 'F30',
  title: 'a schedule of 2 seconds is overlapped, paused, triggered and backfilled',
  workload: { feed: 12 },
  script: (random) => [
    feedBehaves({ delayMs: 300 }),
    everyTwoSeconds,
    untilRuns(2),
    pause,
    backfillTwice(random.between(6, 14)),
    trigger(random.between(2, 4)),
    unpause,
    untilRuns(2),
    countSkipped,
  ],
  observe: ({ seen }) => ({
    [SKIPPED]: seen.get(SKIPPED) ?? 0,
    [BACKFILLED]: seen.get(BACKFILLED) ?? 0,
  }),
  heals: 'by itself',
  expects: (_arena, evidence) => [...overlaps(evidence), ...twice(evidence)],
};

/** The schedule is the lock of its source. */
function overlaps({ runs }: Evidence): readonly string[] {
  const inOrder = runs.toSorted((a, b) => a.startedAtMs - b.startedAtMs);
  return inOrder.flatMap((run, at) => {
    const before = inOrder[at - 1];
    return before && (before.finishedAtMs ?? Infinity) > run.startedAtMs
      ? [`${before.id} and ${run.id} ran at the same time.`]
      : [];
  });
}

function twice({ runs }: Evidence): readonly string[] {
  const byId = Map.groupBy(runs, ({ id }) => id);
  return [...byId].filter(([, all]) => all.length > 1).map(([id]) => `${id} ran twice.`);
}
