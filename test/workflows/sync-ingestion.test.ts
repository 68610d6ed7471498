import { sql } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { activityInterceptor } from '../../workers/activity-interceptor.ts';
import type { SyncTarget } from '../../workflows/collection/activities.ts';
import { syncWorkflowId } from '../../workflows/collection/ids.ts';
import { requestSyncSignal, type SyncRequest } from '../../workflows/collection/messages.ts';
import type { syncKnowledgeBase } from '../../workflows/collection/sync-knowledge-base.ts';
import { realActivities } from '../set-up/real-activities.ts';
import { withStores, type Stores } from '../set-up/stores.ts';
import { eventsOf, summariesOf } from '../set-up/workflow-history.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const stores = withStores();
let db: Stores['db'];
let cloud: Stores['cloud'];

beforeAll(() => {
  ({ db, cloud } = stores());
});

const workers = withWorkers({
  activities: (temporal) => realActivities({ ...stores(), temporal }),
  options: { interceptors: { activity: [() => ({ inbound: activityInterceptor() })] } },
});

/** A run wrote into the data source's prefix: its mark, as the commit of a batch sets it. */
async function markChanged({ id, knowledgeBaseId, dataSourceId }: SyncTarget): Promise<void> {
  await sql`
    insert into knowledge_base_state as k (id, knowledge_base_id, data_source_id, dirty_since, changed_at)
    values (${id}, ${knowledgeBaseId}, ${dataSourceId}, clock_timestamp(), clock_timestamp())
    on conflict (knowledge_base_id, data_source_id) do update
      set dirty_since = coalesce(k.dirty_since, excluded.dirty_since), changed_at = excluded.changed_at`.execute(
    db,
  );
}

async function isMarked({ dataSourceId }: SyncTarget): Promise<boolean> {
  const { rows } = await sql<{ marked: boolean }>`
    select dirty_since is not null as marked from knowledge_base_state where data_source_id = ${dataSourceId}`.execute(
    db,
  );
  return rows[0]?.marked ?? false;
}

interface RecordedSync {
  readonly job_id: string;
  readonly status: string;
  readonly statistics: Readonly<Record<string, number>>;
  readonly failure_message: string | null;
  readonly failed_documents: readonly { uri: string; reason: string }[];
}

async function recorded({ dataSourceId }: SyncTarget): Promise<readonly RecordedSync[]> {
  const { rows } = await sql<RecordedSync>`
    select * from syncs where data_source_id = ${dataSourceId} order by started_at`.execute(db);
  return rows;
}

/** Wakes the sync and waits until it has closed. */
async function sync(target: SyncTarget): Promise<void> {
  const { knowledgeBaseId, dataSourceId } = target;
  const handle = await workers().client.workflow.signalWithStart<
    typeof syncKnowledgeBase,
    [SyncRequest]
  >('syncKnowledgeBase', {
    workflowId: syncWorkflowId(knowledgeBaseId, dataSourceId),
    taskQueue: 'orchestration',
    args: [{ v: 1, ...target, idleMs: 100, retryMs: 100 }],
    signal: requestSyncSignal,
    signalArgs: [{ source: 'articles' }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  await handle.result();
}

function jobsOf(target: SyncTarget) {
  return cloud.knowledge.listIngestions({ ...target, signal: AbortSignal.timeout(10_000) });
}

async function ask(target: SyncTarget, question: string): Promise<readonly string[]> {
  const passages = await cloud.knowledge.retrieve({
    knowledgeBaseId: target.knowledgeBaseId,
    text: question,
    numberOfResults: 3,
    signal: AbortSignal.timeout(10_000),
  });
  return passages.map(({ text }) => text);
}

describe('a change in S3', () => {
  test('is ingested by one job, recorded, and found by a question', async () => {
    const target = await cloud.dataSource('plain');
    await cloud.putDocument('plain/volcano.md', 'Lava is molten rock that a volcano expels.');
    await markChanged(target);

    await sync(target);

    expect(await recorded(target)).toMatchObject([
      { status: 'COMPLETE', statistics: { added: 1, failed: 0 }, failed_documents: [] },
    ]);
    expect(await isMarked(target)).toBe(false);
    expect(await ask(target, 'What does a volcano expel?')).toContainEqual(
      expect.stringContaining('Lava is molten rock'),
    );
  });

  test('is ingested by exactly one job although the answer of its start was lost', async () => {
    const target = await cloud.dataSource('lost');
    await cloud.putDocument('lost/a.md', 'A glacier is a persistent body of dense ice.');
    await markChanged(target);
    // The client of the SDK tries twice by itself; both answers go.
    cloud.faults.add({ kind: 'lost-answer', operation: 'StartIngestionJob', times: 2 });

    await sync(target);

    const jobs = await jobsOf(target);
    expect(jobs).toHaveLength(1);
    expect(await recorded(target)).toMatchObject([{ job_id: jobs[0]?.jobId, status: 'COMPLETE' }]);
    expect(await isMarked(target)).toBe(false);
  });

  test("waits for somebody else's job that runs already, and is covered by one of ours after it", async () => {
    const target = await cloud.dataSource('conflict');
    await cloud.putDocument('conflict/a.md', 'A river is a natural stream of water.');
    await markChanged(target);
    cloud.faults.add({ kind: 'job-sticks' });
    const foreign = await startByHand(target);

    const synced = sync(target);
    await expect
      .poll(() => summariesOfSync(target), { timeout: 15_000 })
      .toContain(`wait for job ${foreign.jobId}`);
    await cloud.knowledge.stopIngestion({
      ...target,
      jobId: foreign.jobId,
      signal: AbortSignal.timeout(10_000),
    });
    await synced;

    const jobs = await recorded(target);
    expect(jobs.map(({ job_id: id, status }) => [id === foreign.jobId, status])).toEqual([
      [true, 'STOPPED'],
      [false, 'COMPLETE'],
    ]);
    expect(await isMarked(target)).toBe(false);
  });
});

function startByHand(target: SyncTarget) {
  const clientToken = 'somebody-else-0000000000000000000000001';
  const signal = AbortSignal.timeout(10_000);
  return cloud.knowledge.startIngestion({ ...target, clientToken, description: 'by hand', signal });
}

async function summariesOfSync({ knowledgeBaseId, dataSourceId }: SyncTarget) {
  const id = syncWorkflowId(knowledgeBaseId, dataSourceId);
  return summariesOf(await eventsOf(workers().client.workflow.getHandle(id)));
}

describe('a job that goes wrong', () => {
  test('as a whole is recorded with its reason, and the next one covers the change', async () => {
    const target = await cloud.dataSource('fails');
    await cloud.putDocument('fails/a.md', 'Basalt is a volcanic rock.');
    await markChanged(target);
    cloud.faults.add({ kind: 'job-fails', reason: 'The role may not read the bucket.' });

    await sync(target);

    expect(await recorded(target)).toMatchObject([
      { status: 'FAILED', failure_message: 'The role may not read the bucket.' },
      { status: 'COMPLETE' },
    ]);
    expect(await isMarked(target)).toBe(false);
  });

  test('for some documents names them', async () => {
    const target = await cloud.dataSource('partly');
    await cloud.putDocument('partly/good.md', 'Granite is an igneous rock.');
    await cloud.putDocument('partly/bad.md', 'Slate is a metamorphic rock.');
    await markChanged(target);
    const reason = 'It is encrypted.';
    cloud.faults.add({ kind: 'document-fails', uri: 'partly/bad.md', reason, times: 2 });

    await sync(target);

    const [job] = await recorded(target);
    expect(job).toMatchObject({ status: 'COMPLETE', statistics: { added: 1, failed: 1 } });
    expect(job?.failed_documents).toEqual([
      {
        uri: 's3://documents/partly/bad.md',
        reason: expect.stringContaining('encrypted') as string,
      },
    ]);
  });

  test('for some documents hands them over once more, and tells nothing where that helps (sources C22)', async () => {
    const target = await cloud.dataSource('moody');
    await cloud.putDocument('moody/bad.md', 'Chert is a sedimentary rock.');
    await markChanged(target);
    cloud.faults.add({ kind: 'document-fails', uri: 'moody/bad.md', times: 1 });

    await sync(target);

    const [job] = await recorded(target);
    expect(job).toMatchObject({
      status: 'COMPLETE',
      statistics: { failed: 0 },
      failed_documents: [],
    });
    expect(await ask(target, 'Which rock is chert?')).toContainEqual(
      expect.stringContaining('Chert'),
    );
  });

  test('for the same document again and again gives it up after three syncs, and still names it (sources C22)', async () => {
    const target = await cloud.dataSource('broken');
    await cloud.putDocument('broken/bad.md', 'Marl is a mudstone.');
    cloud.faults.add({ kind: 'document-fails', uri: 'broken/bad.md', times: 100 });
    const handedOver: number[] = [];

    for (let round = 1; round <= 5; round += 1) {
      const before = cloud.bedrockRequests.count('IngestKnowledgeBaseDocuments');
      await markChanged(target);
      await sync(target);
      handedOver.push(cloud.bedrockRequests.count('IngestKnowledgeBaseDocuments') - before);
    }

    expect(handedOver).toEqual([1, 1, 1, 0, 0]);
    expect((await recorded(target)).map((job) => job.failed_documents.length)).toEqual([
      1, 1, 1, 1, 1,
    ]);
  });

  test('for hundreds of documents still fits into a payload', async () => {
    const target = await cloud.dataSource('many');
    const names = Array.from(
      { length: 60 },
      (_, index) => `many/${'n'.repeat(index % 2 === 0 ? 90 : 600)}-${index}.md`,
    );
    await Promise.all(names.map((name) => cloud.putDocument(name, `Text of ${name}.`)));
    await markChanged(target);
    const reason = 'Die Datei läßt sich nicht öffnen. '.repeat(20);
    cloud.faults.add(
      ...names.map((uri) => ({ kind: 'document-fails' as const, uri, reason, times: 9 })),
    );

    await sync(target);

    const [job] = await recorded(target);
    expect(job?.statistics['failed']).toBe(60);
    expect(job?.failed_documents.length).toBeGreaterThan(4);
  });
});
