import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { wakeSync } from '../../workers/wake-sync.ts';
import { syncWorkflowId } from '../../workflows/collection/ids.ts';
import { requestSyncSignal, type SyncRequest } from '../../workflows/collection/messages.ts';
import type {
  syncKnowledgeBase,
  SyncKnowledgeBaseInput,
} from '../../workflows/collection/sync-knowledge-base.ts';
import { failure } from '../../workflows/failures.ts';
import { ingestionFakes, type FakeBase } from '../fakes/ingestion-activities.ts';
import { attributesOf, eventsOf } from '../set-up/workflow-history.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const fakes = ingestionFakes();
const workers = withWorkers({ activities: fakes.activities });

interface Sync {
  readonly base: FakeBase;
  readonly handle: WorkflowHandle<typeof syncKnowledgeBase>;
}

/** Times of a test: a moment of quiet, and closed soon after. */
const QUICK = { quietMs: 100, maxWaitMs: 1000, idleMs: 300, retryMs: 50 };

async function wake(
  base = fakes.base(`DS${randomUUID().slice(0, 8)}`),
  signal: unknown = { source: 'articles' },
  times: Partial<SyncKnowledgeBaseInput> = QUICK,
): Promise<Sync> {
  const { knowledgeBaseId, dataSourceId } = base.target;
  const handle = await workers().client.workflow.signalWithStart<
    typeof syncKnowledgeBase,
    [SyncRequest]
  >('syncKnowledgeBase', {
    workflowId: syncWorkflowId(knowledgeBaseId, dataSourceId),
    taskQueue: 'orchestration',
    args: [{ v: 1, ...base.target, ...times }],
    signal: requestSyncSignal,
    signalArgs: [signal as SyncRequest],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return { base, handle };
}

describe('requests', () => {
  test('R15 of fifty runs at once are at most two jobs, in one workflow', async () => {
    const base = fakes.base('DSFIFTY');
    const woken = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        base.change();
        return wake(base, { source: `source-${index}` });
      }),
    );

    await woken[0]?.handle.result();

    expect(base.started.length).toBeGreaterThan(0);
    expect(base.started.length).toBeLessThanOrEqual(2);
    expect(base.isDirty()).toBe(false);
  });

  test('with nothing to ingest start no job', async () => {
    const { base, handle } = await wake();

    await handle.result();

    expect(base.started).toEqual([]);
    expect(
      attributesOf(await eventsOf(handle), 'activityTaskScheduledEventAttributes'),
    ).toHaveLength(1);
  });

  test('that come while it is idle are served by the same workflow', async () => {
    const { base, handle } = await wake(undefined, {}, { ...QUICK, idleMs: 30_000 });
    await expect.poll(() => details(handle), { timeout: 10_000 }).toContain('### Idle');

    base.change();
    await wake(base);

    await expect.poll(() => base.isDirty(), { timeout: 10_000 }).toBe(false);
    const { runId } = await handle.describe();
    expect(base.started).toEqual(['job-1']);
    await workers().client.workflow.getHandle(handle.workflowId, runId).terminate();
  });

  test('start it again after it has closed', async () => {
    const { base, handle } = await wake();
    await handle.result();

    base.change();
    const again = await wake(base);
    await again.handle.result();

    expect(base.isDirty()).toBe(false);
    expect(base.started).toEqual(['job-1']);
  });

  test('that are junk count as requests and break nothing', async () => {
    const junk = [
      null,
      'articles',
      [['articles']],
      { source: { name: 'articles' } },
      { source: 'x'.repeat(1_000_000) },
      undefined,
    ];

    const bases = await Promise.all(
      junk.map(async (signal) => {
        const base = fakes.base(`DS${randomUUID().slice(0, 8)}`);
        base.change();
        const { handle } = await wake(base, signal);
        await handle.result();
        return base;
      }),
    );

    expect(bases.map((base) => base.isDirty())).toEqual(junk.map(() => false));
  });
});

async function details(handle: WorkflowHandle): Promise<string> {
  return JSON.stringify(await handle.query('__temporal_workflow_metadata'));
}

describe('a job', () => {
  test('that covered everything costs five activities and shows its numbers', async () => {
    const base = fakes.base(`DS${randomUUID().slice(0, 8)}`);
    base.change();
    const { handle } = await wake(base);

    await handle.result();

    const events = await eventsOf(handle);
    const names = attributesOf(events, 'activityTaskScheduledEventAttributes');
    expect(
      names.map(({ activityType, taskQueue }) => [activityType?.name, taskQueue?.name]),
    ).toEqual([
      ['readDirtyMark', 'orchestration'],
      ['startIngestion', 'ingestion'],
      ['waitIngestion', 'orchestration'],
      ['recordIngestion', 'orchestration'],
      ['readDirtyMark', 'orchestration'],
    ]);
    const { typedSearchAttributes } = await handle.describe();
    const pairs = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(pairs)).toMatchObject({
      Outcome: 'succeeded',
      KnowledgeBaseId: 'main',
    });
  });

  test('that failed leaves the mark, and the next one covers it', async () => {
    const base = fakes.base(`DS${randomUUID().slice(0, 8)}`);
    base.change();
    base.endings.push('FAILED', failure('AccessDenied', 'The worker may not look at jobs.'));
    const seen: boolean[] = [];
    base.whileRunning = () => void seen.push(base.isDirty());

    const { handle } = await wake(base);
    await handle.result();

    expect(seen).toEqual([true, true, true]);
    expect(base.started).toEqual(['job-1', 'job-2', 'job-3']);
    expect(base.recorded).toEqual(['job-1', 'job-3']);
    expect(base.isDirty()).toBe(false);
  });

  test('that waits while the sync is cancelled is left alone, and the mark stays', async () => {
    const base = fakes.base(`DS${randomUUID().slice(0, 8)}`);
    const { promise: running, resolve: nowRunning } = Promise.withResolvers<void>();
    base.change();
    base.whileRunning = async () => {
      nowRunning();
      await new Promise((resolve) => setTimeout(resolve, 500));
    };
    const { handle } = await wake(base);
    await running;

    await handle.cancel();

    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    expect(base.isDirty()).toBe(true);
  });
});

test('any worker wakes it by the data source, with a summary that people can read', async () => {
  const base = fakes.base(`DS${randomUUID().slice(0, 8)}`);
  const { client } = workers();

  // It waits for quiet while it is looked at.
  await wakeSync(client, { ...base.target, quietMs: 60_000 }, 'articles');

  const { knowledgeBaseId, dataSourceId } = base.target;
  const handle = client.workflow.getHandle(syncWorkflowId(knowledgeBaseId, dataSourceId));
  const { typedSearchAttributes, staticSummary } = await handle.describe().then(async (found) => ({
    ...found,
    staticSummary: await found.staticSummary(),
  }));
  expect(staticSummary).toBe('Keep knowledge base main in step');
  expect(typedSearchAttributes.getAll()).toMatchObject([{ value: 'main' }]);
  await handle.terminate();
});
