import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { decideHeld } from '../../workflows/approval/decide-held.ts';
import type { DecideHeldInput } from '../../workflows/approval/held-input.ts';
import {
  approveSignal,
  decideUpdate,
  statusQuery,
  supersedeSignal,
} from '../../workflows/approval/messages.ts';
import type { Verdict, VerdictKind } from '../../workflows/approval/request.ts';
import { requestSyncSignal, type SyncRequest } from '../../workflows/collection/messages.ts';
import type { collectSource } from '../../workflows/collection/collect-source.ts';
import type { ExaminationActivities } from '../../workflows/collection/examination.ts';
import type { examineSystem } from '../../workflows/collection/examine-system.ts';
import type { inspectSource } from '../../workflows/collection/inspect-source.ts';
import type { MendingActivities } from '../../workflows/collection/mending.ts';
import type { mendSource } from '../../workflows/collection/mend-source.ts';
import type { reconcileSchedules } from '../../workflows/collection/reconcile-schedules.ts';
import type { syncKnowledgeBase } from '../../workflows/collection/sync-knowledge-base.ts';
import type { watchFreshness } from '../../workflows/collection/watch-freshness.ts';
import type { recalibrateGate } from '../../workflows/repair/recalibrate-gate.ts';
import { failure } from '../../workflows/failures.ts';
import { tellerWorkflowId } from '../../workflows/notices/ids.ts';
import { wakeSignal } from '../../workflows/notices/messages.ts';
import type { tellPeople } from '../../workflows/notices/tell-people.ts';
import type { testWebhook } from '../../workflows/notices/test-webhook.ts';
import { NO_COUNTS } from '../../workflows/collection/counts.ts';
import type {
  CollectionActivities,
  InspectionActivities,
  RequestSyncInput,
  ScheduleActivities,
} from '../../workflows/collection/activities.ts';
import { calibrationFakes } from '../fakes/calibration-activities.ts';
import { heldFakes, type FakeSet } from '../fakes/approval-activities.ts';
import { collectionFakes, enabledSource, slice } from '../fakes/collection-activities.ts';
import { heldInput, heldStart } from '../fakes/held-input.ts';
import { noticeFakes } from '../fakes/notice-activities.ts';
import {
  fixOf,
  proposalOf,
  proven,
  repairFakes,
  runOn,
  type FakeIncident,
} from '../fakes/repair-activities.ts';
import { repair, type RepairOnStage, type RepairScript } from '../workflows/repair/repair-stage.ts';
import { ingestionFakes, type FakeBase } from '../fakes/ingestion-activities.ts';
import { startTestTemporal } from './test-temporal.ts';
import { startTestWorkers, type TestWorkers } from './temporal-workers.ts';
import { countKinds, eventsOf } from './workflow-history.ts';

// The program that records `test/histories/<workflow>/<case>.json` anew, from runs on a real server:
// `node test/set-up/record-histories.ts`, or with the names of workflows to record only those, or of cases, such as `repairSource/yielded`, where a
// change adds a way. Old ones only when a change is meant to break them: replaying them proves that runs that are under way survive the change.

const FOLDER = fileURLToPath(new URL('../histories/', import.meta.url));

const runs = collectionFakes();
const ingestions = ingestionFakes();
const looks: InspectionActivities = {
  inspectSource: () =>
    Promise.resolve({
      checks: [{ capability: 'connect', verdict: 'PASS', detail: 'It answered.' }],
      notes: [],
    }),
};
const people: ExaminationActivities & MendingActivities = {
  examineSystem: () =>
    Promise.resolve({
      groups: [],
      looked: { sources: 1, schedules: 1, documents: 2, objects: 4, indexed: 2 },
      notes: [],
    }),
  mendSource: () =>
    Promise.resolve({ documents: 2, outcomes: { indexed: 2 }, refused: [], refusedTotal: 0 }),
};
const schedules: ScheduleActivities = {
  reconcileSchedules: () =>
    Promise.resolve({ created: 2, updated: 0, paused: 0, unpaused: 0, deleted: 0, unchanged: 3 }),
  requestOverdueSyncs: () => Promise.resolve(1),
};

const questions = heldFakes();
const repairs = repairFakes();
const told = noticeFakes();

const wanted = process.argv.slice(2);
const server = await startTestTemporal();
const activities = {
  ...questions.activities,
  ...repairs.activities,
  ...runs.activities,
  ...ingestions.activities,
  ...looks,
  ...people,
  ...schedules,
  ...told.activities,
  ...calibrationFakes,
  // Of two areas: each of their fakes has its own.
  requestKnowledgeBaseSync: (input: RequestSyncInput) =>
    (input.source.startsWith('held-') ? questions : runs).activities.requestKnowledgeBaseSync(
      input,
    ),
};
const workers = await startTestWorkers({
  address: server.address,
  activities,
  // Otherwise the name of this machine stands in each history, in the name of a queue too.
  options: { identity: 'recorder' },
});
try {
  if (isWanted('collectSource')) await recordRuns(workers);
  if (isWanted('syncKnowledgeBase')) await recordSyncs(workers);
  if (isWanted('decideHeld')) await recordQuestions(workers);
  if (isWanted('repairSource')) await recordRepairs(workers);
  if (isWanted('inspectSource', 'reconcileSchedules')) await recordOthers(workers);
  if (isWanted('tellPeople', 'testWebhook')) await recordTelling(workers);
  if (isWanted('watchFreshness')) await recordWatch(workers);
  if (isWanted('recalibrateGate')) await recordCalibration(workers);
  if (isWanted('examineSystem', 'mendSource')) await recordMending(workers);
} finally {
  await workers.stop();
  await server.stop();
}

function isWanted(...names: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  return wanted.some((one) => names.some((name) => one === name || one.startsWith(`${name}/`)));
}

async function recordRuns({ client }: TestWorkers): Promise<void> {
  for (const [name, behaviour] of Object.entries(runCases())) {
    runs.script(name, behaviour);
    const handle = await client.workflow.start<typeof collectSource>('collectSource', {
      workflowId: `collect:${name}`,
      taskQueue: 'orchestration',
      args: [{ v: 1, source: name, trigger: 'manual' }],
    });
    if (name === 'cancelled') setTimeout(() => void handle.cancel(), 500);
    await record('collectSource', name, handle);
  }
}

/** One of each way through the workflow. */
function runCases(): Readonly<Record<string, Partial<CollectionActivities>>> {
  let tries = 0;
  const held = {
    failure: 'ContentShrank',
    reason: '40 of 100 documents would be deleted. Nothing was deleted.',
    digest: 'a'.repeat(64),
    candidates: 40,
    live: 100,
    sample: ['One'],
  } as const;
  return {
    unchanged: {},
    succeeded: {
      collectDocuments: async () => slice({ added: 2, updated: 1 }, { candidates: 4 }),
      reconcileDocuments: async () => ({ counts: { ...NO_COUNTS, deleted: 4 } }),
    },
    partial: {
      collectDocuments: async () =>
        slice({ added: 1, failed: 1 }, { listing: { complete: false, why: 'a page was missing' } }),
    },
    held: {
      collectDocuments: async () => slice({ unchanged: 60 }, { candidates: 40 }),
      reconcileDocuments: async () => ({ counts: NO_COUNTS, held }),
    },
    failed: { collectDocuments: () => Promise.reject(failure('AuthExpired', '401.')) },
    'not-found': { loadSource: () => Promise.reject(failure('NotFound', 'No such source.')) },
    disabled: { loadSource: async () => ({ enabled: false, because: 'enabled: false' }) },
    retried: {
      async collectDocuments() {
        tries += 1;
        if (tries > 2) return slice({ added: 1 });
        throw failure('Unavailable', 'S3 did not answer.', { retryAfterMs: 100 });
      },
    },
    slices: {
      collectDocuments: async ({ slice: index }) =>
        slice(
          { added: index + 1 },
          index < 2 ? { more: true, notBeforeMs: Date.now() + 300, waitReason: '429.' } : {},
        ),
    },
    announced: {
      collectDocuments: async () => slice({ added: 1 }),
      requestKnowledgeBaseSync: () => Promise.reject(failure('AccessDenied', 'No.')),
    },
    cancelled: {
      collectDocuments: () => new Promise((resolve) => setTimeout(() => resolve(slice()), 2000)),
      loadSource: async () => enabledSource(),
    },
  };
}

async function recordSyncs(workers: TestWorkers): Promise<void> {
  await record('syncKnowledgeBase', 'ingested', await startSync(workers, changed('DSINGESTED')));
  await record('syncKnowledgeBase', 'idle', await startSync(workers, ingestions.base('DSIDLE')));
  const broken = changed('DSFAILED');
  broken.endings.push('FAILED', failure('AccessDenied', 'No.'));
  await record('syncKnowledgeBase', 'failed-then-ingested', await startSync(workers, broken));
  const hopeless = changed('DSGAVEUP');
  hopeless.endings.push('FAILED', 'FAILED', 'FAILED', 'FAILED', 'STOPPED');
  await record('syncKnowledgeBase', 'gave-up', await startSync(workers, hopeless));
  const foreign = changed('DSADOPTED');
  foreign.starts.push('other');
  await record('syncKnowledgeBase', 'adopted', await startSync(workers, foreign));
}

function changed(dataSourceId: string): FakeBase {
  const base = ingestions.base(dataSourceId);
  base.change();
  return base;
}

async function startSync({ client }: TestWorkers, { target }: FakeBase): Promise<WorkflowHandle> {
  return client.workflow.signalWithStart<typeof syncKnowledgeBase, [SyncRequest]>(
    'syncKnowledgeBase',
    {
      workflowId: `kb-sync:${target.knowledgeBaseId}:${target.dataSourceId}`,
      taskQueue: 'orchestration',
      args: [{ v: 1, ...target, quietMs: 100, maxWaitMs: 1000, idleMs: 100, retryMs: 10 }],
      signal: requestSyncSignal,
      signalArgs: [{ source: 'articles' }],
    },
  );
}

type Question = WorkflowHandle<typeof decideHeld>;

async function recordQuestions({ client }: TestWorkers): Promise<void> {
  const ask = (
    name: string,
    overrides: Partial<DecideHeldInput> = {},
  ): Promise<{ handle: Question; set: FakeSet }> => askAbout(client, name, overrides);
  const approved = await ask('approved');
  await decide(approved.handle, 'approve');
  await record('decideHeld', 'approved', approved.handle);

  const accepted = await ask('accepted', { kind: 'shrunken' });
  await decide(accepted.handle, 'approve');
  await record('decideHeld', 'accepted', accepted.handle);

  const rejected = await ask('rejected');
  await rejected.handle.signal(approveSignal, null as never);
  await decide(rejected.handle, 'reject');
  await record('decideHeld', 'rejected', rejected.handle);

  // Four people are told in this time.
  await record('decideHeld', 'expired', (await ask('expired', { windowMs: 2000 })).handle);

  const superseded = await ask('superseded');
  superseded.set.state = 'superseded';
  await superseded.handle.signal(supersedeSignal);
  await record('decideHeld', 'superseded', superseded.handle);

  const waited = await ask('waited');
  waited.set.deletions.push(failure('Conflict', 'It is collected.', { retryAfterMs: 100 }));
  waited.set.check = { asked: 7, found: ['s3://docs/a.md'], foundTotal: 1 };
  await decide(waited.handle, 'approve');
  await record('decideHeld', 'waited-and-not-forgotten', waited.handle);

  const flooded = await ask('continued', { maxMessages: 3 });
  for (let count = 0; count < 3; count += 1)
    await flooded.handle.signal(approveSignal, null as never);
  const first = client.workflow.getHandle(
    flooded.handle.workflowId,
    (flooded.handle as { firstExecutionRunId?: string }).firstExecutionRunId,
    { followRuns: false },
  );
  await record('decideHeld', 'continued', first);
  const newest = client.workflow.getHandle<typeof decideHeld>(flooded.handle.workflowId);
  await decide(newest, 'reject');
  await record('decideHeld', 'carried', newest);
}

async function askAbout(
  client: TestWorkers['client'],
  name: string,
  overrides: Partial<DecideHeldInput>,
): Promise<{ handle: Question; set: FakeSet }> {
  const digest = Buffer.from(name.padEnd(32, '.')).toString('hex');
  const input = heldInput({ source: `held-${name}`, digest, ...overrides });
  const handle = await client.workflow.start<typeof decideHeld>('decideHeld', heldStart(input));
  return { handle, set: questions.set(digest) };
}

async function decide(handle: Question, verdict: VerdictKind): Promise<void> {
  const { request } = await handle.query(statusQuery);
  const given: Verdict = {
    requestId: request.id,
    digest: request.digest,
    verdict,
    decisionId: `cli:${verdict}`,
    by: { provider: 'cli', user: 'ana' },
  };
  await handle.executeUpdate(decideUpdate, { updateId: given.decisionId, args: [given] });
}

async function recordRepairs({ client }: TestWorkers): Promise<void> {
  for (const [name, { end, ...script }] of Object.entries(repairCases())) {
    const one = await repair(client, repairs, { name, ...script });
    await end(one);
    // A repair that waits is recorded as it stands.
    if (name === 'waiting') await one.handle.terminate();
    await record('repairSource', name, one.handle);
  }
}

interface RepairToRecord extends RepairScript {
  readonly end: (one: RepairOnStage) => Promise<unknown>;
}

/** One of each way through a repair. */
function repairCases(): Readonly<Record<string, RepairToRecord>> {
  const settings = { phase: 'autonomous' } as const;
  const paces = { lookMs: 100, longestMs: 200, unreproducedMs: 500, holdMs: 500 };
  const set = (incident: FakeIncident): void => void (incident.calibration = proven());
  const good = { runs: [runOn('good'), runOn('good'), runOn('good')] };
  const asked = (one: RepairOnStage) => one.until('awaiting-approval');
  return {
    waiting: { end: asked },
    expired: { settings: { deadlineMs: 2000 }, end: async () => undefined },
    rejected: {
      async end(one) {
        await asked(one);
        await one.decide({ verdict: 'reject', reason: 'No.' });
      },
    },
    approved: {
      async end(one) {
        await asked(one);
        await one.decide();
        await one.until('probation');
        one.incident.probation = good;
        await one.ran();
      },
    },
    'changed-then-approved': {
      set({ proposals, checks }) {
        proposals.push(proposalOf('b'));
        checks.push({ chosen: fixOf('b'), failed: [] });
      },
      async end(one) {
        const { question } = await asked(one);
        await one.decide({ verdict: 'request-changes', reason: 'Another one.' });
        while ((await one.status()).question?.request.id === question?.request.id)
          await one.until('awaiting-approval');
        await one.decide();
        await one.until('probation');
        await one.rollBack();
      },
    },
    deployed: {
      settings,
      set(incident) {
        set(incident);
        incident.probation = good;
      },
      end: (one) => one.until('probation').then(() => one.ran()),
    },
    'rolled-back': {
      settings,
      set(incident) {
        set(incident);
        incident.rollbacks.push(failure('AccessDenied', 'No.'));
        incident.probation = { runs: [runOn('bad')] };
      },
      input: { paces },
      end: async () => undefined,
    },
    guided: {
      input: { paces },
      set({ proposals }) {
        proposals.splice(0, 1, { candidates: [], abstained: [] }, proposalOf('a'));
      },
      async end(one) {
        await one.until('awaiting-guidance');
        await one.guide();
        await asked(one);
        one.incident.recovery = { recovered: true, run: 'collect:2', failedAgain: 0 };
        await one.ran();
      },
    },
    yielded: {
      set: ({ proposals }) => void proposals.splice(0, 1, { candidates: [], abstained: [] }),
      async end(one) {
        await one.until('awaiting-guidance');
        await resting(one);
        await one.report(repairs.incident(`${one.incident.id}-2`).id);
        await asked(one);
        await one.decide({ verdict: 'reject' });
      },
    },
    'not-reproduced': {
      input: { paces },
      set({ reproductions }) {
        const because = 'The page yields everything now.';
        reproductions.splice(0, 1, { verdict: 'not-reproduced', strength: 0, because });
      },
      end: async () => undefined,
    },
    refused: {
      input: { paces },
      settings,
      set(incident) {
        set(incident);
        incident.deployments.push(
          failure('PolicyDenied', 'The kill switch is on.'),
          failure('Conflict', 'Another spec is in force.'),
        );
        incident.probation = good;
      },
      end: (one) => one.until('probation').then(() => one.ran()),
    },
    continued: {
      input: { maxMessages: 4 },
      async end(one) {
        await asked(one);
        for (let count = 0; count < 4; count += 1) await one.handle.signal('approve', null);
        await one.until('awaiting-approval');
        await one.decide({ verdict: 'reject' });
      },
    },
  };
}

/** Waits until nothing but a timer, or a message, makes it go on. */
async function resting({ handle }: RepairOnStage): Promise<void> {
  while (countKinds(await eventsOf(handle))['timerStarted'] === undefined) await sleep(50);
}

/** What people start by hand: `doctor`, `reindex`, `forget`. */
async function recordMending({ client }: TestWorkers): Promise<void> {
  const examination = await client.workflow.start<typeof examineSystem>('examineSystem', {
    workflowId: 'examine:1',
    taskQueue: 'orchestration',
    args: [{ v: 1, shown: 5 }],
  });
  await record('examineSystem', 'clean', examination);
  const mending = await client.workflow.start<typeof mendSource>('mendSource', {
    workflowId: 'mend:articles:1',
    taskQueue: 'orchestration',
    args: [
      {
        v: 1,
        mend: {
          tenant: 'default',
          source: 'articles',
          request: 'mend:articles:1',
          verb: 'reindex',
          choice: { kind: 'all' },
        },
      },
    ],
  });
  await record('mendSource', 'reindexed', mending);
}

async function recordOthers({ client }: TestWorkers): Promise<void> {
  const look = await client.workflow.start<typeof inspectSource>('inspectSource', {
    workflowId: 'inspect:articles:1',
    taskQueue: 'orchestration',
    args: [
      {
        v: 1,
        tenant: 'default',
        source: 'articles',
        verb: 'check',
        limit: 3,
        taskQueue: 'collect',
      },
    ],
  });
  await record('inspectSource', 'checked', look);
  const reconciliation = await client.workflow.start<typeof reconcileSchedules>(
    'reconcileSchedules',
    { workflowId: 'reconcile-schedules', taskQueue: 'orchestration', args: [] },
  );
  await record('reconcileSchedules', 'reconciled', reconciliation);
}

async function recordTelling({ client }: TestWorkers): Promise<void> {
  const later = failure('Unavailable', 'The receiver answered 503.', { retryAfterMs: 200 });
  const cases = {
    told: [async () => ({ delivered: 2 })],
    waited: [async () => ({ delivered: 10, waitMs: 300 }), async () => ({ delivered: 1 })],
    retried: [() => Promise.reject(later), async () => ({ delivered: 1 })],
  };
  for (const [name, deliveries] of Object.entries(cases)) {
    told.script(name, deliveries);
    const handle = await client.workflow.signalWithStart<typeof tellPeople>('tellPeople', {
      workflowId: tellerWorkflowId(name),
      taskQueue: 'orchestration',
      args: [{ v: 1, webhook: name }],
      signal: wakeSignal,
    });
    await record('tellPeople', name, handle);
  }
  const tested = await client.workflow.start<typeof testWebhook>('testWebhook', {
    workflowId: 'notice-test:told:1',
    taskQueue: 'orchestration',
    args: [{ v: 1, webhook: 'told' }],
  });
  await record('testWebhook', 'delivered', tested);
}

async function recordWatch({ client }: TestWorkers): Promise<void> {
  const handle = await client.workflow.start<typeof watchFreshness>('watchFreshness', {
    workflowId: 'watch-freshness',
    taskQueue: 'orchestration',
    args: [],
  });
  await record('watchFreshness', 'late', handle);
}

async function recordCalibration({ client }: TestWorkers): Promise<void> {
  const handle = await client.workflow.start<typeof recalibrateGate>('recalibrateGate', {
    workflowId: 'recalibrate-gate',
    taskQueue: 'orchestration',
    args: [],
  });
  await record('recalibrateGate', 'learned', handle);
}

async function record(workflow: string, name: string, handle: WorkflowHandle): Promise<void> {
  // Some of them fail or are cancelled on purpose.
  await handle.result().catch(() => undefined);
  if (wanted.length > 0 && !wanted.includes(workflow) && !wanted.includes(`${workflow}/${name}`))
    return;
  const file = `${FOLDER}${workflow}/${name}.json`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${scrubbed(historyToJSON(await handle.fetchHistory()))}\n`);
  console.log(`Recorded ${workflow}/${name}.`);
}

/** Stack traces hold paths of this machine, and identities its name; neither takes part in a replay. */
function scrubbed(json: unknown): string {
  const hide = (key: string, value: unknown): unknown => {
    if (key === 'stackTrace') return '';
    if (key === 'identity') return 'recorder';
    return value;
  };
  const parsed: unknown = typeof json === 'string' ? JSON.parse(json) : json;
  return JSON.stringify(parsed, hide, 1);
}
