import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arena } from '../arena.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, editAll, rest, runsEnd } from '../steps/runs.ts';

/** What a run, a sync, a look and a reconciliation are made of. */
const ACTIVITIES = [
  'loadSource',
  'collectDocuments',
  'reconcileDocuments',
  'requestKnowledgeBaseSync',
  'finishRun',
  'readDirtyMark',
  'startIngestion',
  'waitIngestion',
  'recordIngestion',
  'reconcileSchedules',
  'requestOverdueSyncs',
] as const;

const executed = new WeakMap<Arena, ReadonlyMap<string, number>>();

const reconcile: Step = {
  says: 'reconcile the schedules',
  async act({ temporal }) {
    await temporal.client.workflow.execute('reconcileSchedules', {
      workflowId: 'reconcile-schedules-chaos',
      taskQueue: 'orchestration',
    });
    await temporal.client.schedule.getHandle('source:feed').pause();
  },
};

const countExecutions: Step = {
  says: 'count what was executed twice',
  async act(arena) {
    const names = (await readFile(logOf(arena), 'utf8')).trim().split('\n');
    const counts = Map.groupBy(names, (name) => name);
    executed.set(arena, new Map([...counts].map(([name, all]) => [name, all.length])));
  },
};

function logOf({ folder }: Arena): string {
  return join(folder, 'twice.log');
}

function startDoubled(mode: 'sequence' | 'together'): Step {
  return {
    says: `a worker that executes every activity twice, ${mode === 'sequence' ? 'one after the other' : 'at the same time'}`,
    async act(arena) {
      await arena.crew.start({
        NODE_OPTIONS: `--import ${new URL('../double-activities.ts', import.meta.url).href}`,
        CHAOS_TWICE: mode,
        CHAOS_TWICE_LOG: logOf(arena),
      });
    },
  };
}

export const f4: Fault = {
  id: 'F4',
  title: 'every activity is executed twice',
  workload: { feed: 20, shop: 20, site: 6 },
  workers: 0,
  script: (random) => [
    startDoubled(random.pick(['sequence', 'together'])),
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
    reconcile,
    rest,
    countExecutions,
  ],
  observe: (arena) =>
    Object.fromEntries(
      ACTIVITIES.map((name) => [`${name} executed twice`, executed.get(arena)?.get(name) ?? 0]),
    ),
  heals: 'by itself',
};
