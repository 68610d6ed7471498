import { setTimeout as sleep } from 'node:timers/promises';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { ReconcileSchedulesReport } from '../../../workflows/collection/activities.ts';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { until } from '../steps/runs.ts';

const AT_ONCE = 'reconciliations at the same time';
const SOURCES = 12;

/** Many sources, of which some are due at another time in each revision. */
function revise(edition: number): Step {
  return {
    says: `revision ${edition} of ${SOURCES} sources is put in force`,
    async act({ db, definitions }) {
      const [one] = definitions;
      if (!one) return;
      const many = Array.from({ length: SOURCES }, (_, at) => {
        const everyMs = 3_600_000 * (1 + ((at + edition) % 3));
        const text = `every ${everyMs / 3_600_000} hours`;
        const schedule = { text, spec: { everyMs }, timezone: 'UTC', periodMs: everyMs };
        return { ...one, id: `many-${at}`, title: `Many ${at}`, schedule };
      });
      await storeRevision(db, { definitions: many, author: 'chaos' });
    },
  };
}

async function reconcile({ temporal }: Arena, name: string): Promise<ReconcileSchedulesReport> {
  return (await temporal.client.workflow.execute('reconcileSchedules', {
    workflowId: `reconcile-${name}`,
    taskQueue: 'orchestration',
  })) as ReconcileSchedulesReport;
}

function writes({ created, updated, paused, unpaused, deleted }: ReconcileSchedulesReport): number {
  return created + updated + paused + unpaused + deleted;
}

function together(name: string, count: number): Step {
  return {
    says: `${count} reconciliations at the same time`,
    async act(arena) {
      const reports = await Promise.all(
        Array.from({ length: count }, (_, at) => reconcile(arena, `${name}-${at}`)),
      );
      arena.count(AT_ONCE, count);
      const total = reports.reduce((sum, report) => sum + writes(report), 0);
      const most = count * (SOURCES + 5);
      if (total > most) throw new Error(`${total} writes were made; ${most} are the most.`);
    },
  };
}

/** The listing of schedules comes late: what it does not show yet is written again, without harm. */
const converged: Step = {
  says: 'see that the next reconciliation writes nothing',
  async act(arena) {
    let at = 0;
    await until(async () => {
      await sleep(500);
      at += 1;
      return writes(await reconcile(arena, `check-${at}`)) === 0;
    }, 'a reconciliation without a write');
    const handle = arena.temporal.client.schedule.getHandle('source:many-3');
    const [spec] = (await handle.describe()).spec.intervals ?? [];
    const wanted = arena.seen.get('edition') ?? 0;
    const everyMs = 3_600_000 * (1 + ((3 + wanted) % 3));
    if (Number(spec?.every) !== everyMs) throw new Error(`It is due every ${spec?.every} ms.`);
  },
};

export const f32: Fault = {
  id: 'F32',
  title: 'two replicas reconcile the schedules at the same time',
  workload: { feed: 5 },
  script: (random) => {
    const editions = random.between(2, 3);
    return [
      ...Array.from({ length: editions }, (_, at) => [
        revise(at + 1),
        together(`r${at}`, random.between(2, 4)),
      ]).flat(),
      {
        says: `revision ${editions} is the last one`,
        act: (arena) => Promise.resolve(arena.count('edition', editions)),
      },
      converged,
      {
        says: 'the sources of the arena are in force again',
        act: ({ redefine }) => redefine((one) => one),
      },
    ];
  },
  observe: ({ seen }) => ({ [AT_ONCE]: seen.get(AT_ONCE) ?? 0 }),
  heals: 'by the next run',
};
