import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { decidingOf } from '../approval/deciding.ts';
import { COMPLETE, document, withCollecting, type Message, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

const LONG = 'A sentence of the manual. '.repeat(40);
const SHORT = 'Please sign in.';

/** `count` documents of about a kilobyte; the first `short` of them have lost nearly all of their text. */
function manual(count: number, short = 0, text = SHORT): readonly Message[] {
  const names = Array.from({ length: count }, (_, at) => `d${String(at).padStart(2, '0')}`);
  return [...names.map((id, at) => document(id, at < short ? text : LONG)), COMPLETE];
}

async function filled(count = 40): Promise<SourceCase> {
  const source = await newSource();
  source.emits(manual(count));
  await source.run();
  return source;
}

async function manifest(source: SourceCase, id = 'd00') {
  return source.db
    .selectFrom('documents')
    .select(['state', 'failure', 'failure_detail', 'bytes', 'held_bytes', 'accepted_bytes'])
    .where('source', '=', source.id)
    .where('doc_id', '=', id)
    .executeTakeFirstOrThrow();
}

async function question(source: SourceCase, kind: string) {
  const rows = await source.db
    .selectFrom('held_sets')
    .selectAll()
    .where('source', '=', source.id)
    .where('kind', '=', kind as 'shrunken')
    .orderBy('opened_at', 'desc')
    .execute();
  return rows[0];
}

describe('a document whose text shrank', () => {
  test('R8 B5 is held: the stored text stays live, the manifest says why, and a person is asked', async () => {
    const source = await filled();
    source.emits(manual(40, 1));

    const ran = await source.run();

    expect(ran).toMatchObject({
      status: 'partial',
      counts: { held: 1, unchanged: 39, updated: 0, failed: 0, deleted: 0, putRequests: 0 },
    });
    expect((await source.stored())['d00']).toBe(`${LONG.trim()}\n`);
    const row = await manifest(source);
    expect(row).toMatchObject({ state: 'live', failure: 'ContentShrank', held_bytes: 16 });
    expect(row.failure_detail).toMatch(/^The text has 16 bytes; the stored version has 1040/);
    const [asked] = source.approvals.asked;
    expect(asked).toMatchObject({ kind: 'shrunken', held: { candidates: 1, live: 40 } });
    expect(asked?.held.sample).toEqual(['Title d00: 16 bytes instead of 1040']);
    expect(ran.because).toBe(
      `1 document was held. "npm run cli -- approve ${asked?.digest.slice(0, 8)}" stores the shorter texts, "reject" keeps the stored ones.`,
    );
  });

  test('§14 counts as seen: it is no candidate for deletion', async () => {
    const source = await filled(8);
    source.emits(manual(8, 1).filter((_, at) => at !== 7));

    const ran = await source.run();

    expect(ran.counts).toMatchObject({ held: 1, deleted: 1 });
    expect(Object.keys(await source.stored())).toContain('d00');
  });

  test('R8 is asked about once, is read again in each run, and counts once a run', async () => {
    const source = await filled();
    source.emits(manual(40, 1));
    await source.run();

    source.emits([...manual(40, 1).slice(0, -1), ...manual(40, 1)]);
    const again = await source.run();

    expect(again.counts).toMatchObject({ held: 1, unchanged: 39 });
    expect(new Set(source.approvals.asked.map(({ digest }) => digest)).size).toBe(1);
    expect(await question(source, 'shrunken')).toMatchObject({ state: 'open', candidates: 1 });
  });

  test('that recovers within the run is not held any more', async () => {
    const source = await filled();
    source.emits(async function* read() {
      yield document('d00', SHORT);
      yield { kind: 'checkpoint', cursor: 1 };
      yield* manual(40);
    });

    const ran = await source.collect({
      run: 'recovers',
      deps: { tuning: { ...source.deps.tuning, batchDocuments: 1, commitEveryMs: 0 } },
    });

    expect(ran.counts).toMatchObject({ held: 0, unchanged: 40 });
    expect(await manifest(source)).toMatchObject({ failure: null, held_bytes: null });
  });

  test('R8 approved, is stored by the next run, whatever the cursor of an increment says', async () => {
    const source = await filled();
    source.emits([...manual(40, 2).slice(0, 40), { kind: 'checkpoint', cursor: 'end' }, COMPLETE]);
    const ran = await source.run();
    const deciding = decidingOf(source, source.approvals.asked[0]?.digest ?? '');
    await deciding.record('approved');
    await deciding.act('acceptBaseline', deciding.set);
    await deciding.act('acceptBaseline', deciding.set);
    source.emits(async function* read(from) {
      if (from === null) yield* manual(40, 2).slice(0, 40);
      yield { kind: 'checkpoint', cursor: 'end' };
    });

    const next = await source.run();
    const last = await source.run();

    expect(ran.counts).toMatchObject({ held: 2 });
    expect(next).toMatchObject({ status: 'succeeded', counts: { updated: 2, held: 0 } });
    expect((await source.stored())['d00']).toBe(`${SHORT}\n`);
    expect(await manifest(source)).toMatchObject({ failure: null, accepted_bytes: null });
    expect(last.counts).toMatchObject({ updated: 0, putRequests: 0 });
    expect(await question(source, 'shrunken')).toMatchObject({ state: 'approved' });
  });

  test('is accepted as it was shown: one that shrank further is asked about anew', async () => {
    const source = await filled();
    const half = LONG.slice(0, 300);
    const huge = LONG.repeat(6);
    source.emits([document('d00', huge), ...manual(40).slice(1)]);
    await source.run();
    source.emits([document('d00', LONG), ...manual(40).slice(1)]);
    await source.run();
    const deciding = decidingOf(source, source.approvals.asked[0]?.digest ?? '');
    await deciding.record('approved');
    await deciding.act('acceptBaseline', deciding.set);
    source.emits([document('d00', half), ...manual(40).slice(1)]);

    const ran = await source.run();

    expect(ran.counts).toMatchObject({ held: 1, updated: 0 });
    expect(await question(source, 'shrunken')).toMatchObject({ state: 'open', decided_by: null });
  });

  test('R8 rejected, stays as it was stored; nobody is asked again until it was well in between', async () => {
    const source = await filled();
    source.emits(manual(40, 1));
    await source.run();
    const deciding = decidingOf(source, source.approvals.asked[0]?.digest ?? '');
    await deciding.record('rejected', 'ben');

    const kept = await source.run();
    source.emits(manual(40));
    const well = await source.run();
    source.emits(manual(40, 1));
    const anew = await source.run();

    expect(kept.status).toBe('partial');
    expect(kept.because).toMatch(
      /^1 document was held; 1 shorter text was rejected by "ben" on .*\(set \w{8}\)\.$/,
    );
    expect(well.status).toBe('succeeded');
    expect(anew.counts.held).toBe(1);
    expect(source.approvals.asked).toHaveLength(2);
    expect((await source.stored())['d00']).toBe(`${LONG.trim()}\n`);
  });

  test('that is whole again ends the question', async () => {
    const source = await filled();
    source.emits(manual(40, 1));
    await source.run();
    const [asked] = source.approvals.asked;
    source.emits(manual(40));

    const ran = await source.run();

    expect(ran).toMatchObject({ status: 'succeeded', counts: { unchanged: 40, putRequests: 0 } });
    expect(source.approvals.superseded.map(({ digest }) => digest)).toEqual([asked?.digest]);
    expect(await question(source, 'shrunken')).toMatchObject({ superseded_by: ran.run });
  });

  test('is asked about also when the run ends at its bound', async () => {
    const source = await filled();
    const { limits } = source.definition();
    await source.redefine({ limits: { ...limits, maxDocuments: 10 } });
    source.emits(manual(40, 1));

    const ran = await source.run();

    expect(ran.because).toContain('the run stopped at its bound');
    expect(source.approvals.asked).toMatchObject([{ kind: 'shrunken' }]);
  });

  test.each([
    ['a text of a few lines', 'Three lines of text. '.repeat(20), 'No.'],
    ['a text of a third', LONG, LONG.slice(0, 330)],
  ])('%s is taken as it is', async (_what, before, after) => {
    const source = await newSource();
    source.emits([document('d00', before), document('d01'), COMPLETE]);
    await source.run();
    source.emits([document('d00', after), document('d01'), COMPLETE]);

    expect(await source.run()).toMatchObject({ status: 'succeeded', counts: { updated: 1 } });
  });

  test('R8 an empty text never takes the place of a stored one', async () => {
    const source = await filled();
    source.emits(manual(40, 1, ' \n '));

    const ran = await source.run();

    expect(ran.counts).toMatchObject({ failed: 1, unchanged: 39 });
    expect((await source.stored())['d00']).toBe(`${LONG.trim()}\n`);
  });
});

describe('a run in which many documents shrank', () => {
  test('§13 is held and deletes nothing; approving stores them and lets deletions happen', async () => {
    const source = await filled();
    source.emits(manual(40, 7).slice(0, 38).concat(COMPLETE));

    const ran = await source.run();
    const deciding = decidingOf(source, ran.held?.digest ?? '');
    await deciding.record('approved');
    await deciding.act('acceptBaseline', deciding.set);
    const next = await source.run();

    expect(ran).toMatchObject({
      status: 'held',
      failure: 'ContentShrank',
      held: { kind: 'shrunken', candidates: 7, live: 40 },
      counts: { held: 7, deleted: 0 },
    });
    expect(ran.because).toContain('7 of 40 documents have lost most of their text at once.');
    expect(ran.because).toContain(`npm run cli -- approve ${deciding.set.digest.slice(0, 8)}`);
    expect(next).toMatchObject({ status: 'succeeded', counts: { updated: 7, deleted: 2 } });
  });

  test('rejected, holds no run any more, and still deletes nothing', async () => {
    const source = await filled();
    source.emits(manual(40, 7).slice(0, 38).concat(COMPLETE));
    const ran = await source.run();
    await decidingOf(source, ran.held?.digest ?? '').record('rejected');

    expect(await source.run()).toMatchObject({
      status: 'partial',
      counts: { held: 7, deleted: 0 },
    });
    expect(await source.keys()).toHaveLength(80);
  });

  test('and its question is one beside that about deletions', async () => {
    const source = await filled();
    source.emits(manual(40, 2).slice(0, 32).concat(COMPLETE));

    const ran = await source.run();

    expect(ran).toMatchObject({ status: 'held', held: { candidates: 8 }, counts: { held: 2 } });
    const { rows } = await sql<{ kind: string; state: string }>`
      select kind, state from held_sets where source = ${source.id} order by kind`.execute(
      source.db,
    );
    expect(rows).toEqual([
      { kind: 'deletions', state: 'open' },
      { kind: 'shrunken', state: 'open' },
    ]);
  });
});

describe('a run in which many documents are refused', () => {
  const refused = (count: number): readonly Message[] =>
    Array.from({ length: count }, (_, at) => ({
      kind: 'failed',
      id: `bad${at}`,
      failure: 'InvalidDocument',
      detail: 'The field "body" is a number.',
    }));

  test('§13 is held beyond 5 %, and deletes nothing', async () => {
    const source = await filled(60);
    source.emits([...refused(5), ...manual(60).slice(2)]);

    const ran = await source.run();

    expect(ran).toMatchObject({
      status: 'held',
      failure: 'SchemaDrift',
      held: { kind: 'violations', candidates: 5, live: 63 },
      counts: { failed: 5, deleted: 0 },
    });
    expect(ran.held?.sample).toEqual(['bad0', 'bad1', 'bad2', 'bad3', 'bad4']);
  });

  test('approved, is no longer held for about that share', async () => {
    const source = await filled(60);
    source.emits([...refused(5), ...manual(60).slice(2)]);
    const ran = await source.run();
    const deciding = decidingOf(source, ran.held?.digest ?? '');
    await deciding.record('approved');
    await deciding.act('acceptBaseline', deciding.set);

    const next = await source.run();
    source.emits([...refused(6), ...manual(60).slice(2)]);
    const more = await source.run();

    expect(next).toMatchObject({ status: 'partial', counts: { failed: 5, deleted: 2 } });
    expect(more.status).toBe('partial');
  });

  test('rejected, is not asked about again and still deletes nothing', async () => {
    const source = await filled(60);
    source.emits([...refused(5), ...manual(60).slice(2)]);
    const ran = await source.run();
    await decidingOf(source, ran.held?.digest ?? '').record('rejected');

    const next = await source.run();

    expect(next).toMatchObject({ status: 'partial', counts: { deleted: 0 } });
    expect(next.because).toContain('nothing was deleted, because 5 of 63 documents were refused');
    expect(source.approvals.asked).toHaveLength(1);
  });

  test('that reads well again ends the question', async () => {
    const source = await filled(60);
    source.emits([...refused(5), ...manual(60)]);
    await source.run();
    source.emits(manual(60));

    expect(await source.run()).toMatchObject({ status: 'succeeded' });
    expect(await question(source, 'violations')).toMatchObject({ state: 'superseded' });
  });
});

describe('a baseline', () => {
  test('that nobody approved is not accepted', async () => {
    const source = await filled();
    source.emits(manual(40, 1));
    await source.run();
    const deciding = decidingOf(source, source.approvals.asked[0]?.digest ?? '');

    await expect(deciding.act('acceptBaseline', deciding.set)).rejects.toMatchObject({
      type: 'NotFound',
    });
    expect(await manifest(source)).toMatchObject({ accepted_bytes: null });
  });

  test('waits while a run of the source is under way', async () => {
    const source = await filled();
    source.emits(manual(40, 1));
    const ran = await source.run();
    const deciding = decidingOf(source, source.approvals.asked[0]?.digest ?? '');
    await deciding.record('approved');
    source.approvals.running.add(ran.run);

    await expect(deciding.act('acceptBaseline', deciding.set)).rejects.toMatchObject({
      type: 'Conflict',
    });
  });
});
