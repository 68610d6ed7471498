import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat, sleep as activitySleep } from '@temporalio/activity';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TypedSearchAttributes } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { CollectionActivities } from '../../workflows/collection/activities.ts';
import type { collectSource } from '../../workflows/collection/collect-source.ts';
import { NO_COUNTS } from '../../workflows/collection/counts.ts';
import { failure } from '../../workflows/failures.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { collectionFakes, enabledSource, slice } from '../fakes/collection-activities.ts';
import { attributesOf, countKinds, eventsOf, summariesOf } from '../set-up/workflow-history.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const fakes = collectionFakes();
const workers = withWorkers({ activities: fakes.activities });

interface Started {
  readonly handle: WorkflowHandle<typeof collectSource>;
  readonly calls: ReturnType<typeof fakes.script>;
  readonly source: string;
}

async function start(behaviour: Partial<CollectionActivities> = {}): Promise<Started> {
  const source = `source-${randomUUID().slice(0, 8)}`;
  const calls = fakes.script(source, behaviour);
  const handle = await workers().client.workflow.start<typeof collectSource>('collectSource', {
    workflowId: `collect:${source}`,
    taskQueue: 'orchestration',
    args: [{ v: 1, source, trigger: 'manual' }],
  });
  return { handle, calls, source };
}

/** The failure that the workflow itself failed with, as every list of runs shows it. */
async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error: unknown = await handle.result().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const { cause } = error as WorkflowFailedError;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  return cause as ApplicationFailure;
}

async function searchAttributes(handle: WorkflowHandle): Promise<Record<string, unknown>> {
  const { typedSearchAttributes } = await handle.describe();
  return Object.fromEntries(
    typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
  );
}

describe('a run without a change', () => {
  test('succeeds, reads once, and asks for no ingestion', async () => {
    const { handle, calls } = await start();

    const outcome = await handle.result();

    expect(outcome).toEqual({ status: 'succeeded', counts: { ...NO_COUNTS, unchanged: 3 } });
    expect(calls.names).toEqual(['loadSource', 'collectDocuments', 'finishRun']);
    expect(calls.ends).toMatchObject([
      { runId: handle.workflowId, verdict: { status: 'succeeded', because: '' } },
    ]);
  });

  test('R14 carries its tenant as the fairness key of its reading', async () => {
    const { handle } = await start();
    await handle.result();

    const [reading] = attributesOf(await eventsOf(handle), 'activityTaskScheduledEventAttributes');

    expect(reading?.priority).toMatchObject({ fairnessKey: 'default' });
  });

  test('costs at most 23 events and 7 actions', async () => {
    const { handle } = await start();
    await handle.result();

    const events = await eventsOf(handle);

    expect(events.length).toBeLessThanOrEqual(23);
    const kinds = countKinds(events);
    expect(kinds['activityTaskScheduled']).toBe(1);
    expect(kinds['timerStarted']).toBeUndefined();
    expect(kinds['markerRecorded']).toBe(2);
    // Started, two tasks with local activities, one activity, one upsert.
    expect(actionsOf(kinds)).toBeLessThanOrEqual(7);
  });
});

/** What a hosted Temporal would charge for: architecture's budget counts these. */
function actionsOf(kinds: Readonly<Record<string, number>>): number {
  const charged = [
    'workflowExecutionStarted',
    'activityTaskScheduled',
    'timerStarted',
    'markerRecorded',
    'upsertWorkflowSearchAttributes',
  ];
  return charged.reduce((total, kind) => total + (kinds[kind] ?? 0), 0);
}

describe('a run with changes', () => {
  const changed = {
    collectDocuments: () =>
      Promise.resolve(slice({ added: 2, updated: 1 }, { candidates: 4, staleObjects: 1 })),
    reconcileDocuments: () => Promise.resolve({ counts: { ...NO_COUNTS, deleted: 4 } }),
  };

  test('removes what is gone, then wakes the sync, then ends the row', async () => {
    const { handle, calls, source } = await start(changed);

    const outcome = await handle.result();

    expect(outcome.counts).toMatchObject({ added: 2, updated: 1, deleted: 4 });
    expect(calls.names).toEqual([
      'loadSource',
      'collectDocuments',
      'reconcileDocuments',
      'requestKnowledgeBaseSync',
      'finishRun',
    ]);
    expect(calls.inputs('reconcileDocuments')).toMatchObject([{ listingComplete: true }]);
    expect(calls.inputs('requestKnowledgeBaseSync')).toEqual([
      { ...enabledSource().knowledgeBase, source },
    ]);
  });

  test('costs at most 25 events, whatever the number of documents', async () => {
    const million = () => Promise.resolve(slice({ added: 1_000_000 }, { candidates: 400_000 }));
    const { handle } = await start({ ...changed, collectDocuments: million });
    await handle.result();

    const events = await eventsOf(handle);

    expect(events.length).toBeLessThanOrEqual(25);
  });

  test('says in the Web UI what each step does and how the run ended', async () => {
    const { handle } = await start(changed);
    await handle.result();

    const summaries = summariesOf(await eventsOf(handle));
    const attributes = await searchAttributes(handle);

    expect(summaries).toEqual(['read and store', 'remove what the source no longer has (4)']);
    expect(attributes).toMatchObject({ Outcome: 'succeeded', DocumentsChanged: 7 });
    expect(attributes).not.toHaveProperty('FailureName');
    const details = await handle.query<string>('__temporal_workflow_metadata');
    expect(JSON.stringify(details)).toContain('2 added, 1 updated, 4 deleted');
  });

  test('succeeds even where the sync cannot be woken, because the mark is in the database', async () => {
    const { handle, calls } = await start({
      ...changed,
      requestKnowledgeBaseSync: () =>
        Promise.reject(failure('AccessDenied', 'The worker may not signal workflows.')),
    });

    const outcome = await handle.result();

    expect(outcome.status).toBe('succeeded');
    expect(calls.ends).toMatchObject([{ verdict: { status: 'succeeded' } }]);
  });
});

describe('a run in slices', () => {
  test('goes on until the source has no more, and carries the totals', async () => {
    const { handle, calls } = await start({
      collectDocuments: ({ slice: index }) =>
        Promise.resolve(slice({ added: index + 1 }, { more: index < 2 })),
    });

    const outcome = await handle.result();

    expect(outcome.counts.added).toBe(3);
    expect(calls.inputs('collectDocuments').map((input) => input.slice)).toEqual([0, 1, 2]);
    const events = await eventsOf(handle);
    expect(summariesOf(events)).toEqual([
      'read and store',
      'read and store, slice 2',
      'read and store, slice 3',
    ]);
    expect(events.length).toBeLessThanOrEqual(25 + 2 * 8);
  });

  test('sleeps on a timer until the time that the source asked for', async () => {
    const { handle, calls } = await start({
      collectDocuments: ({ slice: index }) =>
        Promise.resolve(
          index === 0
            ? slice(
                { added: 1 },
                {
                  more: true,
                  notBeforeMs: Date.now() + 1500,
                  waitReason: '"api.example.com" answered 429.',
                },
              )
            : slice({ added: 2 }),
        ),
    });

    await handle.result();

    const events = await eventsOf(handle);
    const timers = attributesOf(events, 'timerStartedEventAttributes');
    expect(timers).toHaveLength(1);
    expect(Number(timers[0]?.startToFireTimeout?.seconds ?? 0)).toBeLessThan(2);
    expect(summariesOf(events)).toContain('"api.example.com" answered 429.');
    // Waiting used up no attempt.
    const attempts = attributesOf(events, 'activityTaskStartedEventAttributes');
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(calls.names.filter((name) => name === 'collectDocuments')).toHaveLength(2);
  });

  test('stops at the bound of slices and says so', async () => {
    const bounds = { ...enabledSource().bounds, maxSlices: 2 };
    const { handle, calls } = await start({
      loadSource: () => Promise.resolve(enabledSource({ bounds })),
      collectDocuments: () => Promise.resolve(slice({ added: 1 }, { more: true })),
    });

    const outcome = await handle.result();

    expect(outcome).toMatchObject({ status: 'partial' });
    expect(outcome.because).toContain('stopped after 2 slices');
    expect(calls.inputs('collectDocuments')).toHaveLength(2);
  });
});

describe('a run that is not simply good', () => {
  test('of a disabled source ends at once and opens nothing', async () => {
    const { handle, calls } = await start({
      loadSource: () =>
        Promise.resolve({ enabled: false, because: 'The definition says enabled: false.' }),
    });

    const outcome = await handle.result();

    expect(outcome).toEqual({
      status: 'disabled',
      counts: NO_COUNTS,
      because: 'The definition says enabled: false.',
    });
    expect(calls.names).toEqual(['loadSource']);
  });

  test('with an incomplete listing is partial and infers no deletion', async () => {
    const { handle, calls } = await start({
      collectDocuments: () =>
        Promise.resolve(
          slice(
            { unchanged: 5 },
            { listing: { complete: false, why: 'page 3 was missing' }, candidates: 1 },
          ),
        ),
    });

    const outcome = await handle.result();

    expect(outcome).toMatchObject({
      status: 'partial',
      because: 'The listing was incomplete (page 3 was missing).',
    });
    expect(calls.inputs('reconcileDocuments')).toMatchObject([{ listingComplete: false }]);
    expect((await searchAttributes(handle))['Outcome']).toBe('partial');
  });

  test('that would delete too much is held, completes, and passes on what it holds', async () => {
    const held = {
      failure: 'ContentShrank' as const,
      reason: '40 of 100 documents would be deleted. Nothing was deleted.',
      digest: 'a'.repeat(64),
      candidates: 40,
      live: 100,
      sample: ['One', 'Two'],
    };
    const { handle, calls } = await start({
      collectDocuments: () => Promise.resolve(slice({ unchanged: 60 }, { candidates: 40 })),
      reconcileDocuments: () => Promise.resolve({ counts: NO_COUNTS, held }),
    });

    const outcome = await handle.result();

    expect(outcome).toMatchObject({ status: 'held', because: held.reason });
    expect(calls.ends).toMatchObject([{ held, verdict: { status: 'held' } }]);
    expect(await searchAttributes(handle)).toMatchObject({
      Outcome: 'held',
      FailureName: 'ContentShrank',
    });
  });

  test('whose source has another shape is held before anything is read, and reconciles nothing', async () => {
    const held = {
      kind: 'drift' as const,
      failure: 'SchemaDrift' as const,
      reason: 'The shape of source "orders" changed. Nothing was read or deleted.',
      digest: 'b'.repeat(64),
      candidates: 1,
      live: 1,
      sample: ['"note" of "orders" is gone'],
    };
    const { handle, calls } = await start({
      collectDocuments: () => {
        const { listing: _none, ...nothing } = slice({}, { held });
        return Promise.resolve(nothing);
      },
    });

    expect(await handle.result()).toMatchObject({ status: 'held', because: held.reason });

    expect(calls.names).toEqual(['loadSource', 'collectDocuments', 'finishRun']);
    expect(calls.ends).toMatchObject([{ held, verdict: { failure: 'SchemaDrift' } }]);
  });

  test('in which every document failed fails by name, and the row is ended once', async () => {
    const { handle, calls } = await start({
      collectDocuments: () => Promise.resolve(slice({ failed: 7 })),
    });

    const { type, message } = await failureOf(handle);

    expect(type).toBe('InvalidDocument');
    expect(message).toBe('All 7 documents failed and none was stored.');
    expect(calls.ends).toMatchObject([{ verdict: { status: 'failed' } }]);
  });
});

describe('a step that fails', () => {
  test('is tried again and the run succeeds', async () => {
    let tries = 0;
    const { handle, calls } = await start({
      reconcileDocuments: () => Promise.resolve({ counts: NO_COUNTS }),
      loadSource: () => {
        tries += 1;
        return tries < 3
          ? Promise.reject(failure('Unavailable', 'The database did not answer.'))
          : Promise.resolve(enabledSource());
      },
      collectDocuments: () => {
        tries += 1;
        return tries < 5
          ? Promise.reject(failure('Unavailable', 'S3 did not answer.', { retryAfterMs: 200 }))
          : Promise.resolve(slice({ added: 1 }));
      },
    });

    const outcome = await handle.result();

    expect(outcome.status).toBe('succeeded');
    expect(calls.inputs('loadSource')).toHaveLength(3);
    expect(calls.inputs('collectDocuments')).toHaveLength(2);
    const [attempt] = attributesOf(await eventsOf(handle), 'activityTaskStartedEventAttributes');
    expect(attempt).toMatchObject({ attempt: 2, lastFailure: { message: 'S3 did not answer.' } });
  });

  test('for good fails the run under its own name, and the row says why', async () => {
    const { handle, calls } = await start({
      collectDocuments: () =>
        Promise.reject(failure('AuthExpired', '"https://wiki.example.com" answered 401.')),
    });

    const { type, message } = await failureOf(handle);

    expect([type, message]).toEqual(['AuthExpired', '"https://wiki.example.com" answered 401.']);
    expect(calls.inputs('collectDocuments')).toHaveLength(1);
    expect(calls.ends).toMatchObject([
      {
        verdict: {
          status: 'failed',
          failure: 'AuthExpired',
          because: '"https://wiki.example.com" answered 401.',
        },
      },
    ]);
    expect(await searchAttributes(handle)).toMatchObject({
      Outcome: 'failed',
      FailureName: 'AuthExpired',
    });
    expect(JSON.stringify(await handle.query('__temporal_workflow_metadata'))).toContain(
      'Renew the secret',
    );
  });

  test('after a slice fails the run with the counts of what was stored', async () => {
    const { handle, calls } = await start({
      collectDocuments: ({ slice: index }) =>
        index === 0
          ? Promise.resolve(slice({ added: 9 }, { more: true }))
          : Promise.reject(failure('Blocked', 'The site answered 403.')),
    });

    const { type } = await failureOf(handle);

    expect(type).toBe('Blocked');
    expect(calls.ends).toHaveLength(1);
    expect((await searchAttributes(handle))['DocumentsChanged']).toBe(9);
  });

  test('before the source is known fails by name too, and leaves no row behind that runs', async () => {
    const { handle, calls } = await start({
      loadSource: () => Promise.reject(failure('NotFound', 'No source "x" is in force.')),
    });

    const { type, message } = await failureOf(handle);

    expect([type, message]).toEqual(['NotFound', 'No source "x" is in force.']);
    expect(calls.ends).toMatchObject([{ verdict: { status: 'failed', failure: 'NotFound' } }]);
    expect((await searchAttributes(handle))['FailureName']).toBe('NotFound');
  });

  test('does not hide behind the row that could not be written', async () => {
    const { handle } = await start({
      collectDocuments: () => Promise.reject(failure('Blocked', 'The site answered 403.')),
      finishRun: () => Promise.reject(failure('AccessDenied', 'The database refuses us.')),
    });

    const { type } = await failureOf(handle);

    expect(type).toBe('Blocked');
  });

  test('silently, because its worker is gone, times out and is told as such', async () => {
    const bounds = { attemptMs: 1000, heartbeatMs: 500, totalMs: 2000, maxSlices: 1 };
    const { handle } = await start({
      loadSource: () => Promise.resolve(enabledSource({ bounds })),
      collectDocuments: async () => {
        await sleep(2500);
        return slice();
      },
    });

    const { type, message } = await failureOf(handle);

    expect(type).toBe('SourceUnavailable');
    expect(message).toContain('"collectDocuments" timed out');
  });
});

describe('a run that is cancelled', () => {
  test('ends its row all the same, and shows as cancelled', async () => {
    const { promise: reading, resolve: nowReading } = Promise.withResolvers<void>();
    const { handle, calls } = await start({
      collectDocuments: async () => {
        const beat = setInterval(() => heartbeat(), 50);
        nowReading();
        try {
          await activitySleep('30 seconds');
        } finally {
          clearInterval(beat);
        }
        return slice();
      },
      loadSource: () =>
        Promise.resolve(
          enabledSource({ bounds: { ...enabledSource().bounds, heartbeatMs: 1000 } }),
        ),
    });
    await reading;

    await handle.cancel();

    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(calls.ends).toMatchObject([
      { verdict: { status: 'failed', because: 'The run was cancelled.' } },
    ]);
  });
});

describe('a run of a schedule', () => {
  test('knows the time that the schedule meant, beside the one at which it started', async () => {
    const source = `source-${randomUUID().slice(0, 8)}`;
    const calls = fakes.script(source);
    const { client } = workers();
    const schedule = await client.schedule.create({
      scheduleId: `source:${source}`,
      spec: { intervals: [{ every: '1 hour' }] },
      policies: { overlap: 'ALLOW_ALL' },
      action: {
        type: 'startWorkflow',
        workflowType: 'collectSource',
        workflowId: `collect:${source}`,
        taskQueue: 'orchestration',
        args: [{ v: 1, source, trigger: 'schedule' }],
        typedSearchAttributes: new TypedSearchAttributes([
          { key: SEARCH_ATTRIBUTES.sourceId, value: source },
        ]),
      },
    });
    const end = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
    const start = new Date(end.getTime() - 60_000);
    const begun = Date.now();

    await schedule.backfill({ start, end, overlap: 'ALLOW_ALL' });

    await expect.poll(() => calls.ends.length, { timeout: 15_000 }).toBe(1);
    await schedule.delete();
    const [run] = calls.inputs('loadSource');
    expect(run).toMatchObject({ trigger: 'schedule', nominalAtMs: end.getTime() });
    expect(run?.startedAtMs).toBeGreaterThanOrEqual(begun);
    expect(run?.runId).toBe(`collect:${source}-${end.toISOString().replace('.000Z', 'Z')}`);
  });
});
