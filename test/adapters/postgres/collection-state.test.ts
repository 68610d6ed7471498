import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { noteShape } from '../../../adapters/postgres/baselines.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { databaseFailure } from '../../../adapters/postgres/errors.ts';
import { readFleet, readSyncLags } from '../../../adapters/postgres/fleet.ts';
import { commitBatch, readManifest, type Batch } from '../../../adapters/postgres/manifest.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import {
  beginAttempt,
  endRun,
  openRun,
  readRunTotals,
  setRunPhase,
} from '../../../adapters/postgres/runs.ts';
import { claimSource, holdsClaim } from '../../../adapters/postgres/source-state.ts';
import { overdueSyncs, readMark, recordSync } from '../../../adapters/postgres/syncs.ts';
import { NO_COUNTS } from '../../../workflows/collection/counts.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { freshDatabase, withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
let count = 0;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

function fresh() {
  count += 1;
  return { tenant: 'default', source: `s${count}` };
}

const TARGET = { id: 'main', knowledgeBaseId: 'KB00000001', dataSourceId: 'DS00000001' };
const startedAt = new Date('2026-11-21T12:00:00Z');

async function opened(
  reference: { tenant: string; source: string },
  id: string,
  temporalRunId = 't1',
  at = startedAt,
) {
  const run = { ...reference, id, temporalRunId, digest: 'd', trigger: 'manual' };
  await openRun(db, { ...run, startedAt: at, nominalAt: at });
}

function batch(
  reference: { tenant: string; source: string },
  fence: number,
  rest: Partial<Batch> = {},
): Batch {
  return {
    ...reference,
    run: `run-${reference.source}`,
    fence,
    listing: 1,
    startedAt,
    stored: [],
    seen: [],
    failed: [],
    held: [],
    gone: [],
    staleObjects: [],
    counts: NO_COUNTS,
    target: { id: 'main', knowledgeBaseId: 'KB', dataSourceId: reference.source },
    changed: false,
    ...rest,
  };
}

const stored = {
  hash: 'h1',
  docId: 'a',
  bucket: 'docs',
  key: 'k',
  contentHash: 'c',
  metaHash: 'm',
  configSig: 's',
  contentEtag: '"1"',
  sidecarEtag: '"2"',
  bytes: 5,
  notes: ['TRUNCATED title: 9 characters, 5 kept'],
  contentChanged: true,
} as const;

describe('migrations', () => {
  test('are applied once, whoever asks at the same time', async () => {
    const empty = await freshDatabase();
    const several = [1, 2, 3, 4].map(() => openDatabase(empty.url, { maxConnections: 2 }));

    const applied = await Promise.all(several.map((one) => migrate(one)));

    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await Promise.all(several.map((one) => migrate(one)))).toEqual([[], [], [], []]);
    await Promise.all(several.map((one) => one.destroy()));
    await empty.drop();
  });

  test('of a database that does not answer say what to mend, without the password', async () => {
    const none = openDatabase('postgres://user:hidden-password@127.0.0.1:1/none');

    const error = await migrate(none).catch((reason: unknown) => reason);

    expect(error).toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('npm run cli -- migrate'),
    });
    expect(String(error)).not.toContain('hidden-password');
    await none.destroy();
  });
});

describe('a claim', () => {
  test('ends every older one', async () => {
    const source = fresh();
    const first = await claimSource(db, { ...source, run: 'r1', configSig: 'a', target: TARGET });
    const second = await claimSource(db, { ...source, run: 'r1', configSig: 'a', target: TARGET });

    expect(second.fence).toBeGreaterThan(first.fence);
    expect([
      await holdsClaim(db, source, first.fence),
      await holdsClaim(db, source, second.fence),
    ]).toEqual([false, true]);
    expect(await commitBatch(db, batch(source, first.fence, { stored: [stored], cursor: 1 }))).toBe(
      false,
    );
    expect(await readManifest(db, source, ['h1'])).toEqual(new Map());
  });

  test('of many at the same time is held by one', async () => {
    const source = fresh();
    const claims = await Promise.all(
      Array.from({ length: 8 }, () =>
        claimSource(db, { ...source, run: 'r1', configSig: 'a', target: TARGET }),
      ),
    );
    const held = await Promise.all(claims.map(({ fence }) => holdsClaim(db, source, fence)));

    expect(new Set(claims.map(({ fence }) => fence)).size).toBe(8);
    expect(held.filter(Boolean)).toHaveLength(1);
  });

  test('of another config begins a new listing from the start; of another run it goes on with an open one', async () => {
    const source = fresh();
    const claim = (run: string, configSig: string) =>
      claimSource(db, { ...source, run, configSig, target: TARGET });
    const first = await claim('r1', 'a');
    await commitBatch(db, batch(source, first.fence, { cursor: { page: 2 } }));

    const next = await claim('r2', 'a');
    const changed = await claim('r2', 'b');

    expect(next).toMatchObject({ cursor: { page: 2 }, listing: first.listing });
    expect(changed).toMatchObject({ cursor: null, listing: first.listing + 1 });
  });
});

describe('a batch', () => {
  test.each([
    [{ page: 1 }],
    [null],
    ['text'],
    [0],
    [{ 'a\0': '\uD800', plain: '\\u0000' }],
    [['\uDFFF']],
  ])('keeps the cursor %j as it was given', async (cursor) => {
    const source = fresh();
    const { fence } = await claimSource(db, {
      ...source,
      run: 'r',
      configSig: 'a',
      target: TARGET,
    });

    expect(await commitBatch(db, batch(source, fence, { cursor }))).toBe(true);

    expect(
      (await claimSource(db, { ...source, run: 'r', configSig: 'a', target: TARGET })).cursor,
    ).toEqual(cursor);
  });

  test('commits rows, cursor, totals and mark together, or none of them', async () => {
    const source = fresh();
    const run = `run-${source.source}`;
    await opened(source, run);
    const { fence } = await claimSource(db, { ...source, run, configSig: 'a', target: TARGET });
    const good = { counts: { ...NO_COUNTS, added: 1 }, changed: true, cursor: 7 };
    const broken = { ...stored, modifiedAt: 'not a time' };

    await expect(
      commitBatch(db, batch(source, fence, { ...good, stored: [broken] })),
    ).rejects.toThrow('invalid input syntax');
    const nothing = await readRunTotals(db, run);
    await commitBatch(db, batch(source, fence, { ...good, stored: [stored] }));

    expect(nothing).toMatchObject({ counts: {}, listingComplete: null });
    expect((await readRunTotals(db, run)).counts).toMatchObject({ added: 1 });
    expect((await readManifest(db, source, ['h1', 'h2'])).get('h1')).toMatchObject({
      state: 'live',
      contentHash: 'c',
    });
    expect((await readMark(db, { knowledgeBaseId: 'KB', dataSourceId: source.source })).dirty).toBe(
      true,
    );
  });
});

describe('a run', () => {
  test('ends once, and only for its own execution', async () => {
    const source = fresh();
    const id = `run-${source.source}`;
    await opened(source, id);
    await beginAttempt(db, { id, phase: 'reading', slice: 1, attempt: 1 });
    await beginAttempt(db, { id, phase: 'reading', slice: 0, attempt: 2 });
    await setRunPhase(db, { id, phase: 'removing' });
    const end = (temporalRunId: string) =>
      endRun(db, { id, temporalRunId, verdict: { status: 'succeeded', because: '' } });

    expect([await end('other'), await end('t1'), await end('t1')]).toEqual([false, true, false]);
    const row = await db
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ status: 'succeeded', slices: 2, attempts: 3 });
  });

  test('that is opened again by the same execution keeps its totals, by another begins anew', async () => {
    const source = fresh();
    const id = `run-${source.source}`;
    await opened(source, id);
    await db.updateTable('runs').set({ counts: '{"added":3}' }).where('id', '=', id).execute();

    await opened(source, id);
    const same = await readRunTotals(db, id);
    const later = new Date(startedAt.getTime() + 3_600_000);
    await opened(source, id, 't2', later);

    expect([same.counts, (await readRunTotals(db, id)).counts]).toEqual([{ added: 3 }, {}]);
    const row = await db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();
    expect(row).toMatchObject({ started_at: later, nominal_at: later });
    expect(row?.notes).toEqual([
      'Earlier execution "t1" (manual) since 2026-11-21T12:00:00Z: running, counts {"added": 3}.',
    ]);
  });

  test('keeps a note of every execution that had its id, whatever else is noted (I10)', async () => {
    const source = fresh();
    const id = `run-${source.source}`;
    await opened(source, id);
    await opened(source, id, 't2');
    await noteShape(db, { run: id, fingerprint: 'f', notes: ['A column is new.'] });
    await noteShape(db, { run: id, fingerprint: 'f', notes: ['A column is new.'] });
    await opened(source, id, 't3');
    await opened(source, id, 't3');

    const { notes } = await db
      .selectFrom('runs')
      .select('notes')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(notes).toEqual([
      expect.stringMatching(/^Earlier execution "t1"/),
      expect.stringMatching(/^Earlier execution "t2"/),
    ]);
  });
});

describe('the mark of a data source', () => {
  const report = {
    jobId: 'J1',
    status: 'COMPLETE',
    startedAt: '2026-11-21T12:00:00Z',
    finishedAt: '2026-11-21T12:01:00Z',
    statistics: { scanned: 1 },
    failedDocuments: [],
  } as const;

  async function marked() {
    const source = fresh();
    const target = {
      id: 'main',
      knowledgeBaseId: 'KB',
      dataSourceId: source.source,
      quietMs: 0,
      maxWaitMs: 0,
    };
    const { fence } = await claimSource(db, {
      ...source,
      run: 'r',
      configSig: 'a',
      target: TARGET,
    });
    const change = () => commitBatch(db, batch(source, fence, { changed: true }));
    await change();
    return { target, change };
  }

  test('is cleared by a job that began after the last change, once', async () => {
    const { target } = await marked();
    const { now } = await readMark(db, target);

    await recordSync(db, { ...target, report, coveredAt: now });
    await recordSync(db, { ...target, report, coveredAt: now });

    expect((await readMark(db, target)).dirty).toBe(false);
    const rows = await db
      .selectFrom('syncs')
      .select('job_id')
      .where('data_source_id', '=', target.dataSourceId)
      .execute();
    expect(rows).toEqual([{ job_id: 'J1' }]);
  });

  test('stays for what changed while the job ran, from that change on', async () => {
    const { target, change } = await marked();
    const before = await readMark(db, target);
    await change();

    await recordSync(db, { ...target, report, coveredAt: before.now });

    const after = await readMark(db, target);
    expect(after.dirty).toBe(true);
    expect(Date.parse(after.dirtySince ?? '')).toBeGreaterThanOrEqual(Date.parse(before.now));
  });

  test('stays when the job covered nothing, and is overdue after a while', async () => {
    const { target } = await marked();

    await recordSync(db, { ...target, report });

    expect((await readMark(db, target)).dirty).toBe(true);
    expect(await overdueSyncs(db, 0)).toContainEqual({
      id: 'main',
      knowledgeBaseId: 'KB',
      dataSourceId: target.dataSourceId,
    });
    expect(await overdueSyncs(db, 60_000)).not.toContainEqual(
      expect.objectContaining({ dataSourceId: target.dataSourceId }),
    );
    expect((await readSyncLags(db)).some(({ lagMs }) => lagMs > 0)).toBe(true);
  });
});

test('a fleet row tells the last run and the last good one, of its tenant alone', async () => {
  await storeRevision(db, {
    definitions: [sourceDefinition({ id: 'fleet' }), sourceDefinition({ id: 'never' })],
    author: 'a',
  });
  const run = async (
    tenant: string,
    id: string,
    status: 'succeeded' | 'partial' | 'held',
    complete: boolean | null,
  ) => {
    await opened({ tenant, source: 'fleet' }, id);
    await endRun(db, {
      id,
      temporalRunId: 't1',
      verdict: { status, because: status === 'succeeded' ? '' : 'Why.' },
    });
    const at = new Date(startedAt.getTime() + Number(id.slice(-1)) * 60_000);
    await db
      .updateTable('runs')
      .set({ listing_complete: complete, started_at: at, finished_at: at })
      .where('id', '=', id)
      .execute();
  };
  await run('default', 'fleet-1', 'succeeded', true);
  await run('default', 'fleet-2', 'partial', false);
  await run('default', 'fleet-3', 'held', true);
  await run('other', 'fleet-4', 'succeeded', true);

  const rows = await readFleet(db);

  expect(rows).toMatchObject([
    {
      source: 'fleet',
      lastRun: 'fleet-3',
      lastStatus: 'held',
      lastSuccessAt: new Date('2026-11-21T12:01:00Z'),
    },
    { source: 'never', lastRun: null, lastSuccessAt: null, live: 0, deadLetters: 0 },
  ]);
});

test.each([
  [{ code: 'ECONNREFUSED' }, 'Unavailable'],
  [{ code: '57P01' }, 'Unavailable'],
  [{ code: '40001' }, 'Unavailable'],
  [{ code: '53300' }, 'Unavailable'],
  [{ code: '28P01' }, 'AccessDenied'],
  [{ message: 'Connection terminated unexpectedly' }, 'Unavailable'],
  [{ code: '23505' }, undefined],
  [{ code: '42P01' }, undefined],
] as const)('the error %j of our database is named %s', (error, name) => {
  expect(databaseFailure(Object.assign(new Error('x'), error))?.type).toBe(name);
});

test('an aggregate of refused connections is one of ours; what is no error of the database is not', () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  expect(databaseFailure(new AggregateError([refused]))?.type).toBe('Unavailable');
  expect(databaseFailure(new AggregateError([]))).toBeUndefined();
  expect(databaseFailure('text')).toBeUndefined();
});

test('a connection that the server cuts is Unavailable, and the pool goes on', async () => {
  const other = openDatabase(url(), { maxConnections: 1 });
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(other);
  const waiting = sql`select pg_sleep(20)`
    .execute(other)
    .catch((error: unknown) => databaseFailure(error));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);

  expect(await waiting).toMatchObject({ type: 'Unavailable' });
  // The statement after it may still meet the broken connection; none may end the process.
  await vi.waitFor(async () => {
    expect((await sql`select 1 as one`.execute(other)).rows).toEqual([{ one: 1 }]);
  });
  await other.destroy();
});
