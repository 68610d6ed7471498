import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { examineSystem } from '../../../activities/examination/examine-system.ts';
import type { CollectionDependencies } from '../../../activities/collection/dependencies.ts';
import { scheduleOf } from '../../../adapters/temporal/reconcile.ts';
import { withHash } from '../../../adapters/temporal/schedule-options.ts';
import type {
  ExaminationReport,
  ExamineSystemInput,
} from '../../../workflows/collection/examination.ts';
import { systemSchedules } from '../../../workflows/collection/desired-schedule.ts';
import type { ActualSchedule } from '../../../workflows/collection/schedule-plan.ts';
import { COMPLETE, documents, numbered } from './collecting.ts';
import { withWholeSystem, type WholeSystem } from './whole-system.ts';

const newSystem = withWholeSystem();
const signal = AbortSignal.timeout(600_000);

/** A source of three documents, all of them stored, indexed and scheduled. */
async function healthy(...ids: readonly string[]): Promise<WholeSystem> {
  const system = await newSystem();
  system.emits([...documents(...(ids.length === 0 ? ['a', 'b', 'c'] : ids)), COMPLETE]);
  await system.run();
  await system.sync();
  return system;
}

function schedulesOf(actual: readonly ActualSchedule[]): Pick<CollectionDependencies, 'schedules'> {
  const describe = async (wanted: string) => actual.find(({ id }) => id === wanted) as never;
  return { schedules: { list: async () => actual, describe } as never };
}

function scheduled(system: WholeSystem): ActualSchedule {
  const { id, hash } = withHash(scheduleOf(system.definition()));
  return { id, hash, paused: false, note: '' };
}

async function examined(
  system: WholeSystem,
  input: Partial<ExamineSystemInput> = {},
  deps: Partial<CollectionDependencies> = {},
): Promise<ExaminationReport> {
  const all = [
    scheduled(system),
    ...systemSchedules().map((one) => ({ ...one, ...withHash(one), paused: false, note: '' })),
  ];
  return system.act(
    examineSystem,
    { source: system.id, shown: 10, ...input },
    { ...schedulesOf(all), ...deps },
  );
}

/** Kinds with their totals. */
const kinds = ({ groups }: ExaminationReport): Readonly<Record<string, number>> =>
  Object.fromEntries(groups.map(({ kind, total }) => [kind, total]));

const first = (report: ExaminationReport, kind: string) =>
  report.groups.find((one) => one.kind === kind)?.shown[0];

async function place(system: WholeSystem, docId: string) {
  return { bucket: system.cloud.bucket, key: await system.keyOf(docId), signal };
}

describe('examining a system (sources §1, doctor)', () => {
  test('finds nothing where everything agrees, and says how much it compared', async () => {
    const system = await healthy();

    const report = await examined(system);

    expect(report).toEqual({
      groups: [],
      looked: { sources: 1, schedules: 1, documents: 3, objects: 6, indexed: 3 },
      notes: [],
    });
  });

  test('writes nothing, whatever it finds', async () => {
    const system = await healthy();
    await system.objects.remove(await place(system, 'a'));
    const { key } = await place(system, 'b');
    await system.cloud.putDocument(key.replace(/[0-9a-f]{32}/, 'f'.repeat(32)), 'Who am I?');
    const before = await system.everything();

    const report = await examined(system, {}, schedulesOf([]));

    expect(Object.keys(kinds(report)).length).toBeGreaterThan(2);
    expect(await system.everything()).toEqual(before);
  });

  test('finds an object that was deleted, and names the command that writes it again', async () => {
    const system = await healthy();
    const gone = await place(system, 'b');
    await system.objects.remove(gone);

    const report = await examined(system);

    expect(kinds(report)).toEqual({ 'content-missing': 1 });
    expect(first(report, 'content-missing')).toEqual({
      what: `The object of "b" of source "${system.id}" is missing: "s3://${gone.bucket}/${gone.key}".`,
      mend: `"npm run cli -- reindex ${system.id} b --reread" reads the source again and writes it anew.`,
      source: system.id,
    });
  });

  test.each(['a', 'b', 'c'])(
    'finds both objects of "%s" missing, first, middle or last',
    async (id) => {
      const system = await healthy();
      const { bucket, key } = await place(system, id);
      await system.objects.remove({ bucket, key, signal });
      await system.objects.remove({ bucket, key: `${key}.metadata.json`, signal });

      expect(kinds(await examined(system))).toEqual({ 'content-missing': 1, 'sidecar-missing': 1 });
    },
  );

  test('finds a sidecar that was altered, and a content that was', async () => {
    const system = await healthy();
    const { bucket, key } = await place(system, 'a');
    const shared = { bucket, signal, contentType: 'text/plain' };
    await system.objects.put({ ...shared, key: `${key}.metadata.json`, body: Buffer.from('{}') });
    const other = await place(system, 'c');
    await system.objects.put({ ...shared, key: other.key, body: Buffer.from('Altered.') });

    expect(kinds(await examined(system))).toMatchObject({
      'sidecar-changed': 1,
      'content-changed': 1,
    });
  });

  test('finds every object when all are gone', async () => {
    const system = await healthy();
    for (const id of ['a', 'b', 'c']) await system.objects.remove(await place(system, id));

    expect(kinds(await examined(system))).toEqual({ 'content-missing': 3 });
  });

  test('finds objects that belong to nothing: in the folder, beside it, and of another name', async () => {
    const system = await healthy();
    const { bucket, key } = await place(system, 'a');
    const folder = key.split('/').slice(0, -2).join('/');
    await system.cloud.putDocument(`${folder}/ff/${'f'.repeat(32)}.md`, 'An orphan.');
    await system.cloud.putDocument(`${folder}/00/notes.txt`, 'Somebody was here.');

    const report = await examined(system);

    expect(kinds(report)).toEqual({ 'object-unknown': 4 });
    expect(first(report, 'object-unknown')?.mend).toContain(
      `aws s3 rm 's3://${bucket}/${folder}/00/notes.txt'`,
    );
  });

  test('an object of no source is found where the whole prefix is looked at', async () => {
    const system = await healthy();
    const stranger = `${system.id}/elsewhere/file.md`;
    await system.cloud.putDocument(stranger, 'A stranger.');

    const report = await system.act(examineSystem, { shown: 50 }, schedulesOf([scheduled(system)]));

    // Other tests of this file have left objects of their own.
    const unknown = report.groups.find(({ kind }) => kind === 'object-unknown')?.shown ?? [];
    expect(unknown.filter(({ what }) => what.includes(stranger))).toHaveLength(2);
    // Sources of other tests are in no definition.
    const left = report.groups.find(({ kind }) => kind === 'source-left');
    expect(left?.shown.map(({ source }) => source)).not.toContain(system.id);
  });

  test('finds deletions that were interrupted, and objects of deleted documents', async () => {
    const system = await healthy();
    await sql`update documents set state = 'deleting' where source = ${system.id} and doc_id = 'a'`.execute(
      system.db,
    );
    await sql`update documents set state = 'deleted' where source = ${system.id} and doc_id = 'b'`.execute(
      system.db,
    );

    const report = await examined(system);

    expect(kinds(report)).toEqual({
      'document-deleting': 1,
      'object-leftover': 2,
      'document-lingering': 1,
    });
    expect(first(report, 'document-deleting')?.mend).toContain(`run ${system.id}`);
  });

  test('finds objects that a moved document left behind, once', async () => {
    const system = await healthy();
    const key = `${system.id}/default/tests/${system.id}/ab/${'ab'.repeat(16)}.md`;
    await system.cloud.putDocument(key, 'The old place.');
    await sql`insert into stale_objects (bucket, key, tenant, source) values (${system.cloud.bucket}, ${key}, 'default', ${system.id})`.execute(
      system.db,
    );

    expect(kinds(await examined(system))).toEqual({ 'object-stale': 1 });
  });

  test('finds uploads in parts that nobody finished', async () => {
    const system = await healthy();
    const { bucket, key } = await place(system, 'a');
    await system.cloud.clients.s3.send(
      new CreateMultipartUploadCommand({ Bucket: bucket, Key: key }),
    );
    async function* old(request: Parameters<typeof system.objects.listUploads>[0]) {
      for await (const one of system.objects.listUploads(request))
        yield { ...one, beganAt: new Date(one.beganAt.getTime() - 7_200_000) };
    }

    const fresh = await examined(system);
    const report = await examined(system, {}, { objects: { ...system.objects, listUploads: old } });

    expect(kinds(fresh)).toEqual({});
    expect(kinds(report)).toEqual({ 'upload-abandoned': 1 });
    expect(first(report, 'upload-abandoned')?.mend).toContain('abort-multipart-upload');
  });

  test('finds documents that the knowledge base lost, and those it should have lost', async () => {
    const system = await healthy();
    const { bucket, key } = await place(system, 'a');
    const call = {
      ...system.target,
      signal,
      clientToken: `wellspring-test-${crypto.randomUUID()}`,
    };
    await system.cloud.knowledge.deleteDocuments({ ...call, uris: [`s3://${bucket}/${key}`] });
    await expect
      .poll(async () => kinds(await examined(system)), { timeout: 10_000 })
      .toEqual({ 'document-unindexed': 1 });
  });

  test('finds documents that the knowledge base refused, with its reason', async () => {
    const system = await healthy();
    async function* states() {
      yield {
        uri: `s3://${system.cloud.bucket}/${await system.keyOf('b')}`,
        status: 'FAILED',
        outcome: 'failed',
        reason: 'The file is damaged.',
      } as const;
    }
    const knowledge = { ...system.cloud.knowledge, listDocuments: states };

    const report = await examined(system, {}, { knowledge });

    expect(kinds(report)).toEqual({ 'document-refused': 1, 'document-unindexed': 2 });
    expect(first(report, 'document-refused')).toMatchObject({
      what: expect.stringContaining('FAILED, "The file is damaged."') as string,
      mend: `"npm run cli -- reindex ${system.id} b" lets it try again.`,
    });
  });

  test('finds changes that no job has taken, not those of a moment ago', async () => {
    const system = await healthy();
    const { knowledgeBaseId, dataSourceId } = system.target;
    const dirty = (since: string) =>
      sql`update knowledge_base_state set dirty_since = now() - ${since}::interval
        where knowledge_base_id = ${knowledgeBaseId} and data_source_id = ${dataSourceId}`.execute(
        system.db,
      );
    await dirty('1 minute');
    const young = await examined(system);
    await dirty('3 hours');
    const old = await examined(system);

    expect(kinds(young)).toEqual({});
    expect(kinds(old)).toEqual({ 'sync-overdue': 1 });
    expect(first(old, 'sync-overdue')?.what).toContain('wait since 180 minutes');
  });

  test('finds schedules that are missing, other than wanted, superfluous or paused', async () => {
    const system = await healthy();
    const wanted = scheduled(system);
    const look = (...actual: readonly ActualSchedule[]) =>
      examined(system, {}, schedulesOf(actual));

    expect(kinds(await look())).toEqual({ 'schedule-missing': 1 });
    expect(kinds(await look({ ...wanted, paused: true, note: 'the site moves' }))).toEqual({
      'schedule-paused': 1,
    });
    expect(
      kinds(
        await system.act(
          examineSystem,
          { shown: 3 },
          schedulesOf([wanted, { ...wanted, id: 'source:long-gone' }]),
        ),
      ),
    ).toMatchObject({ 'schedule-extra': 1 });
  });

  test('finds runs whose workflow has ended, and questions that nobody can answer', async () => {
    const system = await healthy();
    await system.open('collect:orphan');
    system.emits([COMPLETE]);
    const { status } = await system.run();
    expect(status).toBe('held');

    const report = await examined(
      system,
      {},
      {
        isWorkflowOpen: async () => false,
        approvals: { ...system.deps.approvals, isRunning: async () => false },
      },
    );

    expect(kinds(report)).toEqual({ 'run-orphaned': 1, 'question-orphaned': 1 });
    expect(report.notes[0]).toContain('collect:orphan');
  });

  test('finds crawls that nobody goes on with', async () => {
    const system = await healthy();
    await sql`insert into crawls (tenant, source, crawl, step, updated_at) values ('default', ${system.id}, 'c1', 3, now() - interval '9 days')`.execute(
      system.db,
    );
    await sql`insert into frontier (tenant, source, crawl, page, url, depth, place)
      select 'default', ${system.id}, c, n, 'https://example.com/' || n, 1, n from unnest(array['c1', 'c0']) c, generate_series(1, 7) n`.execute(
      system.db,
    );

    const report = await examined(system);

    expect(kinds(report)).toEqual({ 'crawl-abandoned': 2 });
  });

  test('finds documents of a source that left the definitions', async () => {
    const system = await healthy();
    await system.inForce([]);

    const report = await examined(system, {}, schedulesOf([]));

    expect(kinds(report)).toMatchObject({ 'source-left': 1 });
    expect(first(report, 'source-left')).toMatchObject({
      what: expect.stringContaining('3 of its documents stay') as string,
      mend: expect.stringContaining(`npm run cli -- forget ${system.id}`) as string,
    });
  });

  test('what is away is a note, and the rest is looked at', async () => {
    const system = await healthy();
    await system.objects.remove(await place(system, 'a'));
    const away = () => {
      throw new Error('Temporal is away.');
    };

    const report = await examined(system, {}, { schedules: { list: away } as never });

    expect(kinds(report)).toEqual({ 'content-missing': 1 });
    expect(report.notes).toEqual([
      'Schedules could not be looked at to the end: Temporal is away.',
    ]);
  });

  test('a source that nobody knows is refused by name', async () => {
    const system = await healthy();

    await expect(examined(system, { source: 'nobody' })).rejects.toThrow(
      'No source "nobody" is in force',
    );
  });

  test('thousands of findings are counted, the first of them shown, within a payload', async () => {
    const system = await newSystem();
    system.emits([...numbered(2500), COMPLETE]);
    Object.assign(system.deps, {
      objects: { ...system.objects, put: async () => ({ etag: '"e"' }) },
    });
    await system.run();

    const report = await examined(system, { shown: 50 });

    expect(kinds(report)).toMatchObject({ 'content-missing': 2500, 'sidecar-missing': 2500 });
    expect(report.looked.documents).toBe(2500);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(8000);
    expect(report.groups[0]?.shown.length).toBeGreaterThan(2);
  });
});
