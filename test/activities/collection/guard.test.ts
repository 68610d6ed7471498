import { expect, test } from 'vitest';
import { decidingOf } from '../approval/deciding.ts';
import { crashingAt } from './crashing.ts';
import { COMPLETE, document, numbered, withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

async function filled(count: number): Promise<SourceCase> {
  const source = await newSource();
  source.emits([...numbered(count), COMPLETE]);
  await source.run();
  return source;
}

/** Runs in each of which five documents are missing more than before: as many as always go without a question. */
async function erode(source: SourceCase, count: number, runs: number) {
  const statuses: string[] = [];
  for (let lost = 5; lost <= runs * 5; lost += 5) {
    source.emits([...numbered(count).slice(lost), COMPLETE]);
    statuses.push((await source.run()).status);
  }
  return statuses;
}

test('R7 small losses add up: a source that lost most of what was usual is held', async () => {
  const source = await filled(30);

  const statuses = await erode(source, 30, 5);

  // 30, 25, 20, 15, 10 were shown; 5 are less than 30 % of their median, and less than ever.
  expect(statuses).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded', 'held']);
  const [asked] = source.approvals.asked;
  expect(asked?.held).toMatchObject({ candidates: 5, live: 10 });
  expect(asked?.held.reason).toContain(
    'The source shows 5 documents, its last 5 runs showed 10 to 30',
  );
  expect(await source.keys()).toHaveLength(20);
});

test('R7 approved, the small source is the new baseline', async () => {
  const source = await filled(30);
  await erode(source, 30, 5);
  const deciding = decidingOf(source, source.approvals.asked[0]?.digest ?? '');
  await deciding.record('approved');
  await deciding.remove();

  const again = await source.run();
  source.emits([...numbered(30).slice(26), COMPLETE]);
  const smaller = await source.run();

  expect(again).toMatchObject({ status: 'succeeded', counts: { unchanged: 5 } });
  expect(smaller).toMatchObject({ status: 'succeeded', counts: { deleted: 1 } });
});

test('R7 runs without a complete listing are no baseline, and are not compared', async () => {
  const source = await filled(30);
  source.emits(numbered(2));
  const increments = [await source.run(), await source.run(), await source.run()];
  const { rows } = await source.db
    .selectFrom('runs')
    .select('listed')
    .where('source', '=', source.id)
    .orderBy('started_at')
    .execute()
    .then((found) => ({ rows: found.map(({ listed }) => listed) }));

  expect(increments.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(rows).toEqual([30, null, null, null]);
});

test('§14 what a listing showed is counted over all runs that it took', async () => {
  const source = await newSource();
  let isBroken = true;
  source.emits(async function* read(from) {
    if (from === null) yield* numbered(8);
    yield { kind: 'checkpoint', cursor: 'half' };
    if (isBroken) throw new Error('The connection was lost.');
    yield* numbered(2, 'late');
    yield { kind: 'checkpoint', cursor: null };
    yield COMPLETE;
  });
  await source.collect({ run: 'first' }).catch(() => undefined);
  isBroken = false;

  const ran = await source.run();

  const row = await source.db
    .selectFrom('runs')
    .select('listed')
    .where('id', '=', ran.run)
    .executeTakeFirst();
  expect(row?.listed).toBe(10);
});

test('§14 a configured count asks whatever the share', async () => {
  const source = await filled(100);
  const { limits } = source.definition();
  await source.redefine({ limits: { ...limits, maxDeletions: 2 } });
  source.emits([...numbered(100).slice(3), COMPLETE]);

  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'held', held: { candidates: 3 }, counts: { deleted: 0 } });
  expect(ran.because).toContain('3 of 100 documents would be deleted; 2 may go without a question');
});

test('§14 half of a corpus of more than ten is held, although its share is allowed', async () => {
  const source = await filled(20);
  const { limits } = source.definition();
  await source.redefine({ limits: { ...limits, maxDeletedShare: 0.49 } });
  source.emits([...numbered(20).slice(11), COMPLETE]);

  expect(await source.run()).toMatchObject({ status: 'held', held: { candidates: 11 } });
});

test('§14 documents that come back do not make the loss of the others look small', async () => {
  const limits = { timeoutMs: 600_000, sliceDocuments: 1000 };
  const source = await filled(60);
  await source.redefine({ limits: { ...limits, maxDeletedShare: 1 } });
  source.emits([...numbered(60).slice(50), COMPLETE]);
  await source.run();
  await source.redefine({ limits: { ...limits, maxDeletedShare: 0.2 } });
  source.emits([...numbered(60).slice(0, 50), COMPLETE]);

  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'held', counts: { added: 50, deleted: 0 } });
  expect(ran.held?.reason).toContain('10 of 10 documents would be deleted');
});

test('§14 failed and held documents count as seen', async () => {
  const source = await newSource();
  const long = 'A sentence of the manual. '.repeat(40);
  const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => document(id, long));
  source.emits([...all, COMPLETE]);
  await source.run();
  source.emits([
    document('a', 'Gone.'),
    { kind: 'failed', id: 'b', failure: 'SourceUnavailable', detail: 'It answered 503.' },
    ...all.slice(2, 5),
    COMPLETE,
  ]);

  const ran = await source.run();

  expect(ran.counts).toMatchObject({ held: 1, failed: 1, unchanged: 3, deleted: 1 });
  expect(Object.keys(await source.stored()).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('R17 a crash at any step of judging the documents asks once, about one set', async () => {
  const long = 'A sentence of the manual. '.repeat(40);
  let points = 0;
  for (let point = 1, died = true; died; point += 1) {
    const source = await newSource();
    source.emits([document('a', long), document('b', long), COMPLETE]);
    await source.run();
    source.emits([document('a', 'Gone.'), document('b', long), COMPLETE]);
    await source.collect({ run: 'crash' });
    const crashing = crashingAt(source.deps, point);
    await source.reconcile('crash', true, { deps: crashing.deps }).catch(() => undefined);
    died = crashing.died();

    const report = await source.reconcile('crash', true, { attempt: 2 });

    const where = `killed at step ${point}, before ${crashing.lastStep()}`;
    const digests = new Set(source.approvals.asked.map(({ digest }) => digest));
    expect({ where, digests: digests.size, isAsked: report.asked !== undefined }).toEqual({
      where,
      digests: 1,
      isAsked: true,
    });
    points = point;
  }
  expect(points).toBeGreaterThan(4);
});
