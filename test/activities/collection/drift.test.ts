import { describe, expect, test } from 'vitest';
import type { SourceShape } from '../../../workflows/collection/compare-discoveries.ts';
import { failure } from '../../../workflows/failures.ts';
import { decidingOf } from '../approval/deciding.ts';
import { COMPLETE, documents, withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

const ORDERS = {
  name: 'orders',
  primaryKey: ['id'],
  cursorCandidates: ['updated_at'],
  fields: [
    { name: 'id', type: 'int8', nullable: false },
    { name: 'note', type: 'text', nullable: true },
    { name: 'updated_at', type: 'timestamptz', nullable: false },
  ],
};

function shape(change: Partial<typeof ORDERS> = {}): SourceShape {
  return { streams: [{ ...ORDERS, ...change }] };
}

const DRIFTED = shape({ fields: ORDERS.fields.filter(({ name }) => name !== 'note') });

async function known(): Promise<SourceCase> {
  const source = await newSource({ type: 'shaped' });
  source.isShaped(shape());
  source.emits([...documents('a', 'b'), { kind: 'checkpoint', cursor: 'end' }, COMPLETE]);
  await source.run();
  return source;
}

async function runRow(source: SourceCase, run: string) {
  return source.db
    .selectFrom('runs')
    .select(['notes', 'shape', 'status', 'held'])
    .where('id', '=', run)
    .executeTakeFirstOrThrow();
}

async function drifted(): Promise<{
  readonly source: SourceCase;
  readonly deciding: ReturnType<typeof decidingOf>;
}> {
  const source = await known();
  source.isShaped(DRIFTED);
  source.emits([COMPLETE]);
  const ran = await source.run();
  return { source, deciding: decidingOf(source, ran.held?.digest ?? '') };
}

describe('a source whose shape changed', () => {
  test('D11 has lost something: the run is held, nothing is read or deleted, and a person is asked', async () => {
    const source = await known();
    let reads = 0;
    source.isShaped(DRIFTED);
    source.emits(async function* read() {
      reads += 1;
      yield COMPLETE;
    });

    const ran = await source.run();

    expect(ran).toMatchObject({
      status: 'held',
      failure: 'SchemaDrift',
      held: { kind: 'drift', candidates: 1, sample: ['"note" of "orders" is gone'] },
      counts: { deleted: 0, unchanged: 0 },
    });
    expect(ran.because).toContain('"note" of "orders" is gone. Nothing was read or deleted.');
    expect(ran.because).toContain(`npm run cli -- approve ${ran.held?.digest.slice(0, 8)}`);
    expect(reads).toBe(0);
    expect(Object.keys(await source.stored()).toSorted()).toEqual(['a', 'b']);
    expect(source.approvals.asked).toMatchObject([{ kind: 'drift', digest: ran.held?.digest }]);
  });

  test.each([
    ['key', shape({ primaryKey: [] })],
    ['cursor', shape({ cursorCandidates: [] })],
    ['stream', { streams: [] }],
    ['type', shape({ fields: ORDERS.fields.map((one) => ({ ...one, type: 'text' })) })],
    ['freedom to grow', { ...shape({ fields: [...ORDERS.fields, vat()] }), frozen: true }],
  ] as const)('D11 a lost %s holds it', async (_what, now) => {
    const source = await known();
    source.isShaped(now);

    expect(await source.run()).toMatchObject({ status: 'held', failure: 'SchemaDrift' });
  });

  test('D11 is larger: the run notes it and goes on, and it is known from then on', async () => {
    const source = await known();
    source.isShaped(shape({ fields: [...ORDERS.fields, vat()] }));

    const first = await source.run();
    const second = await source.run();

    expect([first.status, second.status]).toEqual(['succeeded', 'succeeded']);
    const row = await runRow(source, first.run);
    expect(row.notes).toEqual(['The shape of the source changed: "vat" of "orders" is new.']);
    expect(await runRow(source, second.run)).toMatchObject({ notes: null, shape: row.shape });
  });

  test('asks once about the same change, and anew about another', async () => {
    const { source, deciding } = await drifted();

    await source.run();
    source.isShaped({ streams: [] });
    await source.run();

    const digests = source.approvals.asked.map(({ digest }) => digest);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
    expect(source.approvals.superseded).toEqual([deciding.set]);
  });

  test('that has its old shape again ends the question', async () => {
    const { source, deciding } = await drifted();
    source.isShaped(shape());
    source.emits([...documents('a', 'b'), COMPLETE]);

    expect(await source.run()).toMatchObject({ status: 'succeeded', counts: { unchanged: 2 } });

    expect(source.approvals.superseded).toEqual([deciding.set]);
    expect(await deciding.act('readHeldSet', deciding.set)).toMatchObject({ state: 'superseded' });
  });

  test('D11 approved, is read in its new shape from the start', async () => {
    const { source, deciding } = await drifted();
    await deciding.record('approved');
    await deciding.act('acceptBaseline', deciding.set);
    const begun: unknown[] = [];
    source.emits(async function* read(from) {
      begun.push(from);
      yield* documents('a', 'b');
      yield COMPLETE;
    });

    const ran = await source.run();
    const again = await source.run();

    expect([ran.status, again.status]).toEqual(['succeeded', 'succeeded']);
    expect(begun[0]).toBeNull();
    const stored = await source.db
      .selectFrom('source_shapes')
      .select(['accepted_by', 'shape'])
      .where('source', '=', source.id)
      .executeTakeFirst();
    expect(stored).toMatchObject({ accepted_by: 'ana', shape: DRIFTED });
  });

  test('D11 rejected, is not read, and fails by name without another question', async () => {
    const { source, deciding } = await drifted();
    await deciding.record('rejected', 'ben');

    await expect(source.run()).rejects.toMatchObject({
      type: 'SchemaDrift',
      message: expect.stringContaining('was rejected by "ben"') as string,
    });

    expect(source.approvals.asked).toHaveLength(1);
    expect(Object.keys(await source.stored()).toSorted()).toEqual(['a', 'b']);
  });

  test('begins anew with another definition', async () => {
    const { source, deciding } = await drifted();
    await source.redefine({ config: { shape: 'other' } });
    source.emits([...documents('a', 'b'), COMPLETE]);

    expect(await source.run()).toMatchObject({ status: 'succeeded' });

    expect(await deciding.act('readHeldSet', deciding.set)).toMatchObject({ state: 'superseded' });
  });

  test('that cannot be looked at any more is drift, not a wrong definition', async () => {
    const source = await known();
    source.isShaped(failure('InvalidConfig', 'The query is wrong.'));

    await expect(source.run()).rejects.toMatchObject({ type: 'SchemaDrift' });
  });

  test('that never could be looked at is a wrong definition', async () => {
    const source = await newSource({ type: 'shaped' });
    source.isShaped(failure('InvalidConfig', 'The query is wrong.'));

    await expect(source.run()).rejects.toMatchObject({ type: 'InvalidConfig' });
  });

  test('may have any name', async () => {
    const source = await newSource({ type: 'shaped' });
    source.isShaped({ streams: [{ name: 'tool \0\uD800' }] });
    source.emits([COMPLETE]);
    await source.run();
    source.isShaped({ streams: [{ name: 'tool "x"\u202E' }] });

    expect(await source.run()).toMatchObject({ status: 'held' });
  });
});

function vat() {
  return { name: 'vat', type: 'numeric', nullable: true };
}
