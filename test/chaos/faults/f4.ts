import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AllCollectionActivities } from '../../../activities/collection/index.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { ApprovalActivities } from '../../../workflows/approval/activities.ts';
import { heldWorkflowId, shortDigest } from '../../../workflows/approval/held-workflow-id.ts';
import type { NoticeActivities } from '../../../workflows/notices/activities.ts';
import { startReceiver, type WebhookReceiver } from '../../fakes/webhook-receiver.ts';
import type { Arena } from '../arena.ts';
import { cli } from '../cli.ts';
import type { Fault, Step } from '../fault.ts';
import { collect, editAll, rest, runsEnd, until } from '../steps/runs.ts';
import { feedBehaves } from '../steps/sources.ts';

type ActivityName = keyof (AllCollectionActivities & ApprovalActivities & NoticeActivities);

/** Every activity that a worker registers: `here`, or by which other means it is known that twice is the same as once. */
const ACTIVITIES: Readonly<Record<ActivityName, string>> = {
  loadSource: 'here',
  collectDocuments: 'here',
  reconcileDocuments: 'here',
  requestKnowledgeBaseSync: 'here',
  finishRun: 'here',
  readDirtyMark: 'here',
  startIngestion: 'here',
  waitIngestion: 'here',
  recordIngestion: 'here',
  reconcileSchedules: 'here',
  requestOverdueSyncs: 'here',
  watchFreshness: 'here',
  recalibrateGate: 'its own test repeats it: the same outcomes make one calibration',
  inspectSource: 'here',
  examineSystem: 'it only reads',
  mendSource: 'it hands over what it handed over, under the same token; its own tests repeat it',
  readHeldSet: 'here',
  recordVerdict: 'here',
  recordReminder: 'its own test repeats it: a reminder takes hours',
  deleteHeld: 'here',
  verifyRemovals: 'here',
  recordVerification: 'here',
  acceptBaseline: 'here',
  deliverNotices: 'here',
  testWebhook: 'here',
};

const HERE = Object.keys(ACTIVITIES).filter((name) => ACTIVITIES[name as ActivityName] === 'here');

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

const receivers = new WeakMap<Arena, WebhookReceiver>();

const tellPeople: Step = {
  says: 'a webhook is told, and tested',
  async act(arena) {
    const { db, definitions, temporal } = arena;
    const { url } = receiverOf(arena);
    const ops = { id: 'ops', url: `${url}/told`, secret: '${env:FEED_TOKEN}' };
    await storeRevision(db, { definitions, notifications: [ops], author: 'chaos' });
    await temporal.client.workflow.execute('testWebhook', {
      workflowId: 'test-webhook-chaos',
      taskQueue: 'orchestration',
      args: [{ webhook: 'ops' }],
    });
  },
};

const look: Step = {
  says: 'look at the feed, and at how fresh all is',
  async act({ temporal }) {
    const start = { taskQueue: 'orchestration' };
    await temporal.client.workflow.execute('inspectSource', {
      ...start,
      workflowId: 'inspect-chaos',
      args: [
        { v: 1, taskQueue: 'collect', tenant: 'default', source: 'feed', verb: 'check', limit: 1 },
      ],
    });
    await temporal.client.workflow.execute('watchFreshness', {
      ...start,
      workflowId: 'watch-freshness-chaos',
    });
  },
};

const removeMany: Step = {
  says: 'remove a third of the feed',
  act: async ({ feed }) => {
    const numbers = [...feed.truth.keys()].filter((number) => number > 1);
    await feed.remove(...numbers.slice(0, Math.ceil(numbers.length / 3)));
  },
};

/** More than a twentieth, which is asked about, and less than a tenth, which fails the run. */
const BROKEN = Array.from({ length: 5 }, (_, at) =>
  JSON.stringify({ kind: 'document', id: `empty-${at}`, content: '' }),
);

const approve: Step = {
  says: 'approve what is held, and wait until it is done',
  async act(arena) {
    const open = await arena.db
      .selectFrom('held_sets')
      .select(['tenant', 'source', 'digest'])
      .where('state', '=', 'open')
      .execute();
    if (open.length === 0) throw new Error('Nothing is held.');
    for (const set of open) {
      const { code, output } = await cli(arena, 'approve', shortDigest(set.digest), '--yes');
      if (code !== 0) throw new Error(output);
      await arena.temporal.client.workflow.getHandle(heldWorkflowId(set)).result();
    }
  },
};

const wasTold: Step = {
  says: 'wait until the webhook was told what was held',
  act: (arena) => until(() => receiverOf(arena).posts.length > 1, 'a request to the webhook'),
};

function receiverOf(arena: Arena): WebhookReceiver {
  const receiver = receivers.get(arena);
  if (!receiver) throw new Error('There is no receiver yet.');
  return receiver;
}

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
      const receiver = await startReceiver();
      arena.defer(async () => receiver[Symbol.asyncDispose]());
      receivers.set(arena, receiver);
      await arena.crew.start({
        WELLSPRING_ALLOWED_HOSTS: `${arena.workerEnv['WELLSPRING_ALLOWED_HOSTS']},${receiver.host}`,
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
  workload: { feed: 60, shop: 20, site: 6 },
  workers: 0,
  script: (random) => [
    startDoubled(random.pick(['sequence', 'together'])),
    collect(),
    runsEnd('succeeded'),
    editAll,
    collect(),
    runsEnd('succeeded'),
    reconcile,
    look,
    tellPeople,
    feedBehaves({ lines: BROKEN }),
    collect('feed'),
    runsEnd('held'),
    approve,
    feedBehaves({}),
    removeMany,
    collect('feed'),
    runsEnd('held'),
    approve,
    wasTold,
    rest,
    countExecutions,
  ],
  observe: (arena) =>
    Object.fromEntries(
      HERE.map((name) => [`${name} executed twice`, executed.get(arena)?.get(name) ?? 0]),
    ),
  heals: 'by itself',
};
