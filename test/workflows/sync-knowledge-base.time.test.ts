import { randomUUID } from 'node:crypto';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { wakeSync } from '../../workers/wake-sync.ts';
import { syncWorkflowId } from '../../workflows/collection/ids.ts';
import { failure } from '../../workflows/failures.ts';
import { ingestionFakes, type FakeBase } from '../fakes/ingestion-activities.ts';
import { timeServerPath, withTimeSkipping } from '../set-up/time-skipping.ts';
import {
  attributesOf,
  countKinds,
  eventsOf,
  type HistoryEvent,
  summariesOf,
} from '../set-up/workflow-history.ts';

const fakes = ingestionFakes();

/** 2 minutes of quiet, 10 at most, closes after 5: the defaults of production. */
describe.skipIf(timeServerPath === undefined)('with the times of production', () => {
  const environment = withTimeSkipping(fakes.activities);

  function newBase(): FakeBase {
    return fakes.base(`DS${randomUUID().slice(0, 8)}`);
  }

  /** A run stored something and announces it. */
  async function change(base: FakeBase, source = 'articles'): Promise<WorkflowHandle> {
    base.change();
    const { client } = environment();
    await wakeSync(client, base.target, source);
    const { knowledgeBaseId, dataSourceId } = base.target;
    return client.workflow.getHandle(syncWorkflowId(knowledgeBaseId, dataSourceId));
  }

  test('R15 fifty changes within some minutes are one job', async () => {
    const base = newBase();
    let handle = await change(base);
    for (let index = 1; index < 50; index += 1) {
      await environment().sleep('5 seconds');
      handle = await change(base, `source-${index}`);
    }

    await handle.result();

    expect(base.started).toEqual(['job-1']);
    expect(base.isDirty()).toBe(false);
    const events = await eventsOf(handle);
    const [signalled] = eventsOfKind(events, 'workflowExecutionSignaledEventAttributes').slice(-1);
    const [job] = eventsOfKind(events, 'activityTaskScheduledEventAttributes').slice(1);
    expect(secondsBetween(signalled, job)).toBeGreaterThanOrEqual(119);
    expect(secondsBetween(signalled, job)).toBeLessThan(130);
    // Fifty signals, but a handful of timers.
    expect(countKinds(events)['timerStarted']).toBeLessThanOrEqual(8);
  });

  test('a base that never rests is ingested every ten minutes all the same', async () => {
    const base = newBase();
    let handle = await change(base);
    for (let minute = 1; minute < 60; minute += 1) {
      await environment().sleep('1 minute');
      handle = await change(base);
    }

    await handle.result();

    expect(base.started.length).toBeGreaterThanOrEqual(5);
    expect(base.started.length).toBeLessThanOrEqual(8);
    const events = await eventsOf(handle);
    const [first] = eventsOfKind(events, 'activityTaskScheduledEventAttributes');
    expect(secondsBetween(events[0], first)).toBeLessThan(605);
  });

  test('closes five minutes after the last change is covered', async () => {
    const base = newBase();
    const handle = await change(base);

    await handle.result();

    const events = await eventsOf(handle);
    const last = eventsOfKind(events, 'activityTaskCompletedEventAttributes').at(-1);
    expect(secondsBetween(last, events.at(-1))).toBeGreaterThanOrEqual(299);
    expect(secondsBetween(last, events.at(-1))).toBeLessThan(310);
  });

  test('a job that failed is tried again after a rest that doubles, and after five it gives up loudly', async () => {
    const base = newBase();
    base.endings.push('FAILED', 'STOPPED', 'FAILED', failure('AccessDenied', 'No.'), 'FAILED');
    const handle = await change(base);

    const error: unknown = await handle.result().catch((reason: unknown) => reason);

    expect((error as WorkflowFailedError).cause as ApplicationFailure).toMatchObject({
      type: 'IngestionFailed',
      message: expect.stringContaining('5 ingestion jobs in a row failed') as string,
    });
    expect(base.started).toHaveLength(5);
    expect(base.isDirty()).toBe(true);
    expect(restsOf(await eventsOf(handle))).toEqual([300, 600, 1200, 2400]);
  });

  test('requests do not shorten the rest', async () => {
    const base = newBase();
    base.endings.push('FAILED');
    const first = await change(base);
    await environment().sleep('3 minutes');
    expect(base.started).toHaveLength(1);

    for (let index = 0; index < 10; index += 1) await change(base);
    await environment().sleep('3 minutes');

    expect(base.started).toHaveLength(1);
    await first.result();
    expect(base.started).toHaveLength(2);
    expect(base.isDirty()).toBe(false);
  });

  test('one that gave up is started again by the next change, and covers everything', async () => {
    const base = newBase();
    base.endings.push('FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED');
    const gaveUp = await change(base);
    await gaveUp.result().catch(() => undefined);

    const handle = await change(base);
    await handle.result();

    expect(base.started).toHaveLength(6);
    expect(base.isDirty()).toBe(false);
  });

  test("somebody else's job covers nothing: ours comes after it", async () => {
    const base = newBase();
    base.starts.push('other');
    const handle = await change(base);

    await handle.result();

    expect(base.recorded).toEqual([expect.stringMatching(/^other-/), 'job-1']);
    expect(base.isDirty()).toBe(false);
  });

  test('what changes while a job runs is covered by the next one', async () => {
    const base = newBase();
    base.whileRunning = () => {
      if (base.started.length === 1) base.change();
    };
    const handle = await change(base);

    await handle.result();

    expect(base.started).toEqual(['job-1', 'job-2']);
    expect(base.isDirty()).toBe(false);
  });

  test('a base that is never at rest goes on in a new run after a hundred jobs', async () => {
    const base = newBase();
    base.whileRunning = () => {
      if (base.started.length <= 100) base.change();
    };
    const first = await change(base);
    const { runId } = await first.describe();

    await first.result();

    expect(base.started).toHaveLength(101);
    expect(base.isDirty()).toBe(false);
    expect((await first.describe()).runId).not.toBe(runId);
  });

  test('says on each wait what it waits for', async () => {
    const base = newBase();
    base.endings.push('FAILED');
    const handle = await change(base);
    await handle.result();

    const summaries = summariesOf(await eventsOf(handle));

    expect(summaries).toContain('wait until nobody asks');
    expect(summaries).toContain('rest after 1 failed in a row');
    expect(summaries).toContain('record job job-1: FAILED');
  });
});

function eventsOfKind(events: readonly HistoryEvent[], kind: keyof HistoryEvent): HistoryEvent[] {
  return events.filter((event) => attributesOf([event], kind).length > 0);
}

function secondsBetween(from: HistoryEvent | undefined, to: HistoryEvent | undefined): number {
  return Number(to?.eventTime?.seconds ?? 0) - Number(from?.eventTime?.seconds ?? 0);
}

/** The timers of the back-off, in seconds. */
function restsOf(events: readonly HistoryEvent[]): number[] {
  return attributesOf(events, 'timerStartedEventAttributes')
    .map(({ startToFireTimeout }) => Number(startToFireTimeout?.seconds ?? 0))
    .filter((seconds) => seconds >= 300);
}
