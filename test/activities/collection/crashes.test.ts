import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Objects } from '../../../adapters/aws/objects.ts';
import { finishRun } from '../../../activities/collection/finish-run.ts';
import { loadSource } from '../../../activities/collection/load-source.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { COMPLETE, document, numbered, withCollecting, type SourceCase } from './collecting.ts';
import { crashingAt } from './crashing.ts';

const newSource = withCollecting();

const BEFORE = [...numbered(7), COMPLETE];
/** One changed, one changed in its title only, one new, one gone. */
const AFTER = [
  ...numbered(7).slice(3),
  document('d0000', 'changed'),
  document('d0001', 'The text of d0001.', { title: 'Changed' }),
  document('new'),
  COMPLETE,
];

async function prepared(): Promise<SourceCase> {
  const source = await newSource();
  source.emits(BEFORE);
  await source.run();
  source.emits(AFTER);
  return source;
}

interface EndState {
  readonly stored: Readonly<Record<string, string>>;
  readonly keys: number;
  readonly states: Readonly<Record<string, number>>;
  readonly deletions: number;
  readonly dirty: boolean;
}

async function endState(source: SourceCase): Promise<EndState> {
  const { rows } = await sql<{ state: string; count: number }>`
    select state, count(*) from documents where source = ${source.id} group by state`.execute(
    source.db,
  );
  const gone = await sql<{ count: number }>`
    select count(*) from deletions where source = ${source.id}`.execute(source.db);
  const mark = await sql<{ dirty: boolean }>`
    select dirty_since is not null as dirty from knowledge_base_state where data_source_id = ${source.id}`.execute(
    source.db,
  );
  return {
    stored: await source.stored(),
    keys: (await source.keys()).length,
    states: Object.fromEntries(rows.map(({ state, count }) => [state, count])),
    deletions: gone.rows[0]?.count ?? 0,
    dirty: mark.rows[0]?.dirty ?? false,
  };
}

const COUNTS = { added: 1, updated: 2, unchanged: 4, failed: 0 };

async function uninterrupted(): Promise<EndState> {
  const source = await prepared();
  const ran = await source.run();
  expect(ran.counts).toMatchObject({ ...COUNTS, deleted: 1 });
  return endState(source);
}

test('R17 a crash at any step of reading and storing heals in the next attempt, with exact counts', async () => {
  const wanted = await uninterrupted();
  let points = 0;
  for (let point = 1, died = true; died; point += 1) {
    const source = await prepared();
    const run = `crash-${point}`;
    const crashing = crashingAt(source.deps, point);
    await source.collect({ run, deps: crashing.deps }).catch(() => undefined);
    died = crashing.died();

    const slice = await source.collect({ run, attempt: 2 });
    const { counts } = await source.reconcile(run);

    const where = `killed at step ${point}, before ${crashing.lastStep()}`;
    expect({ where, ...slice }).toMatchObject({ where, candidates: 1, counts: COUNTS });
    expect({ where, ...counts }).toMatchObject({ where, deleted: 1 });
    expect({ where, ...(await endState(source)) }).toEqual({ where, ...wanted });
    points = point;
  }
  expect(points).toBeGreaterThan(12);
});

test('R17 a crash at any step of a deletion heals in the next attempt', async () => {
  const wanted = await uninterrupted();
  let points = 0;
  for (let point = 1, died = true; died; point += 1) {
    const source = await prepared();
    const run = `crash-${point}`;
    await source.collect({ run });
    const crashing = crashingAt(source.deps, point);
    await source.reconcile(run, true, { deps: crashing.deps }).catch(() => undefined);
    died = crashing.died();

    const { counts } = await source.reconcile(run, true, { attempt: 2 });

    const where = `killed at step ${point}, before ${crashing.lastStep()}`;
    expect({ where, ...counts }).toMatchObject({ where, deleted: 1 });
    expect({ where, ...(await endState(source)) }).toEqual({ where, ...wanted });
    points = point;
  }
  expect(points).toBeGreaterThan(20);
});

test('R17 what a crash left behind heals in the next run, too', async () => {
  const wanted = await uninterrupted();
  for (const point of [2, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
    const source = await prepared();
    await source
      .collect({ run: 'broken', deps: crashingAt(source.deps, point).deps })
      .catch(() => undefined);

    expect(await source.run()).toMatchObject({ status: 'succeeded' });
    expect({ point, ...(await endState(source)) }).toEqual({ point, ...wanted });
  }
});

test('R17 a document that comes back while its deletion is half done is stored again', async () => {
  const steps: string[] = [];
  for (const point of [22, 23, 24, 25, 26, 27, 28, 29]) {
    const source = await prepared();
    await source.collect({ run: 'broken' });
    const crashing = crashingAt(source.deps, point);
    await source.reconcile('broken', true, { deps: crashing.deps }).catch(() => undefined);
    steps.push(crashing.lastStep());

    source.emits(BEFORE);
    await source.run();
    source.emits([...BEFORE]);
    await source.run();

    expect({ point, ...(await source.stored()) }).toHaveProperty('d0002');
    expect((await source.keys()).length % 2).toBe(0);
  }
  // Before, between and after the two removals.
  expect(steps.filter((step) => step === 'remove')).toHaveLength(2);
});

test('R17 an interrupted deletion leaves no objects when the document moved meanwhile', async () => {
  const source = await prepared();
  await source.collect({ run: 'broken' });
  const objects: Objects = {
    ...source.deps.objects,
    removeMany: () => Promise.reject(new Error('killed')),
  };
  await source.reconcile('broken', true, { deps: { objects } }).catch(() => undefined);

  await source.redefine({ category: 'moved' });
  source.emits(BEFORE);
  await source.run();

  const keys = await source.keys();
  expect(keys).toHaveLength(14);
  expect(keys.filter((key) => !key.startsWith('default/moved/'))).toEqual([]);
});

test('an interrupted deletion is finished even where the guard holds new ones', async () => {
  const source = await newSource();
  source.emits([...numbered(40), COMPLETE]);
  await source.run();
  source.emits([...numbered(40).slice(1), COMPLETE]);
  await source.collect({ run: 'broken' });
  const objects: Objects = {
    ...source.deps.objects,
    removeMany: () => Promise.reject(new Error('killed')),
  };
  await source.reconcile('broken', true, { deps: { objects } }).catch(() => undefined);

  source.emits([...numbered(40).slice(15), COMPLETE]);
  const ran = await source.run();

  expect(ran).toMatchObject({
    status: 'held',
    counts: { deleted: 1 },
    held: { candidates: 14, live: 39 },
  });
  expect(await source.keys()).toHaveLength(78);
});

test('F4 every activity executed twice in sequence has the effects of one execution', async () => {
  const wanted = await uninterrupted();
  const source = await prepared();
  const run = 'twice';

  await source.collect({ run });
  source.server.requests.clear();
  const slice = await source.collect({ run, attempt: 2 });
  await source.reconcile(run);
  const { counts } = await source.reconcile(run, true, { attempt: 2 });

  expect(slice.counts).toMatchObject(COUNTS);
  expect(source.server.requests.count('PutObject')).toBe(0);
  expect(counts).toMatchObject({ deleted: 1 });
  expect(await endState(source)).toEqual(wanted);
});

test('F4 every activity executed twice at the same time has the effects of one execution', async () => {
  const wanted = await uninterrupted();
  for (let round = 0; round < 5; round += 1) {
    const source = await prepared();
    const run = `concurrent-${round}`;
    await source.open(run);

    const both = await Promise.allSettled([
      source.collect({ run }),
      source.collect({ run, attempt: 2 }),
    ]);
    expect(both.some(({ status }) => status === 'fulfilled')).toBe(true);
    const slice = await source.collect({ run, attempt: 3 });
    const removals = await Promise.allSettled([source.reconcile(run), source.reconcile(run)]);
    expect(removals.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);

    expect(slice.counts).toMatchObject(COUNTS);
    expect(await endState(source)).toEqual(wanted);
  }
});

test('F4 a run is loaded and finished once, however often that is asked for', async () => {
  const source = await newSource();
  const definition = sourceDefinition({ id: source.id, type: 'scripted', config: {} });
  await storeRevision(source.db, { definitions: [definition], author: 'test' });
  const load = {
    runId: `${source.id}:once`,
    temporalRunId: 'temporal-once',
    tenant: 'default',
    source: source.id,
    trigger: 'manual',
    startedAtMs: 1_795_000_000_000,
    nominalAtMs: 1_795_000_000_000,
  };
  const [first, second] = await Promise.all([
    loadSource(load, source.deps),
    loadSource(load, source.deps),
  ]);
  expect(first).toEqual(second);

  const reference = await source.open('once');
  const end = { ...reference, temporalRunId: 'temporal-once' };
  const verdict = { status: 'succeeded', because: '' } as const;
  await Promise.all([1, 2, 3].map(() => finishRun({ ...end, verdict }, source.deps)));
  await finishRun(
    { ...end, verdict: { status: 'failed', because: 'Late.', failure: 'Defect' } },
    source.deps,
  );

  expect(source.ended).toHaveLength(1);
  const { rows } =
    await sql`select status, failure_message from runs where source = ${source.id}`.execute(
      source.db,
    );
  expect(rows).toEqual([{ status: 'succeeded', failure_message: null }]);
});
