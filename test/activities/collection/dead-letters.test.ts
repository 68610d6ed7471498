import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { documentHash } from '../../../activities/collection/identity.ts';
import { requestRetry } from '../../../adapters/postgres/dead-letters.ts';
import {
  COMPLETE,
  document,
  documents,
  numbered,
  withCollecting,
  type Message,
  type SourceCase,
} from './collecting.ts';

const newSource = withCollecting();

interface Letter {
  readonly id: string;
  readonly attempts: number;
  /** Hours until it is due; null for never. */
  readonly hours: number | null;
  readonly sha256: string | null;
  readonly ref: string | null;
}

async function letters(source: SourceCase): Promise<readonly Letter[]> {
  const { rows } = await sql<Letter>`
    select doc_id as id, attempts, round(extract(epoch from next_attempt_at - now()) / 3600)::int as hours, input_sha256 as sha256,
      input_ref as ref
    from dead_letters where source = ${source.id} order by doc_id collate "C"`.execute(source.db);
  return rows;
}

/** As if the time had come. */
async function letTimePass(source: SourceCase): Promise<void> {
  await sql`update dead_letters set next_attempt_at = now() where source = ${source.id} and next_attempt_at is not null`.execute(
    source.db,
  );
}

function keyOf(...ids: readonly string[]): RegExp {
  return new RegExp(`(${ids.map((id) => documentHash(id).slice(0, 32)).join('|')})\\.md$`);
}

/** The storage refuses exactly these documents. */
function refuse(source: SourceCase, ...ids: readonly string[]): void {
  source.faults.length = 0;
  if (ids.length > 0)
    source.faults.push({
      kind: 'access-denied',
      operation: 'PutObject',
      keyMatches: keyOf(...ids),
    });
}

const failing = (id: string): Message => ({
  kind: 'failed',
  id,
  failure: 'SourceUnavailable',
  detail: 'HTTP 500',
});

test('R6 attempts count the runs that tried, with growing rests, and end at a cap', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b'), COMPLETE]);
  refuse(source, 'b');
  const seen: (readonly [number, number | null])[] = [];

  for (let run = 1; run <= 11; run += 1) {
    await source.run();
    const [letter] = await letters(source);
    seen.push([letter?.attempts ?? 0, letter?.hours ?? null]);
    await letTimePass(source);
  }

  expect(seen).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 4],
    [5, 8],
    [6, 16],
    [7, 32],
    [8, 64],
    [9, 128],
    [10, null],
    [10, null],
  ]);
});

test('R6 what storage refused is not uploaded again until it is due, and stays a dead letter', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b'), COMPLETE]);
  refuse(source, 'b');
  await source.run();
  await source.run();
  refuse(source);
  source.server.requests.clear();

  const early = await source.run();
  const puts = source.server.requests.count('PutObject');
  const [letter] = await letters(source);
  await letTimePass(source);
  const due = await source.run();

  expect(puts).toBe(0);
  expect(early).toMatchObject({ status: 'partial', counts: { unchanged: 1, failed: 1 } });
  expect(letter).toMatchObject({ attempts: 2, hours: 1 });
  expect(due).toMatchObject({ status: 'succeeded', counts: { added: 1, unchanged: 1 } });
  expect(await letters(source)).toEqual([]);
});

test('R6 another text is tried at once, whatever the rest', async () => {
  const source = await newSource();
  source.emits([document('a'), document('b', 'bad', { url: 'https://example.com/b' }), COMPLETE]);
  refuse(source, 'b');
  await source.run();
  await source.run();
  const [refused] = await letters(source);
  refuse(source);

  source.emits([document('a'), document('b', 'mended'), COMPLETE]);
  const mended = await source.run();

  expect(refused).toMatchObject({
    ref: 'https://example.com/b',
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(mended).toMatchObject({ status: 'succeeded', counts: { added: 1 } });
});

test('R6 asking for a retry makes it due and begins the count anew', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b', 'c'), COMPLETE]);
  refuse(source, 'b', 'c');
  for (let run = 1; run <= 4; run += 1) {
    await source.run();
    await letTimePass(source);
  }
  const reference = { tenant: 'default', source: source.id };

  expect(await requestRetry(source.db, { ...reference, failure: 'Defect' })).toBe(0);
  expect(await requestRetry(source.db, { ...reference, ids: ['b', 'unknown'] })).toBe(1);
  await source.run();

  expect(await letters(source)).toMatchObject([
    { id: 'b', attempts: 1, hours: 0 },
    { id: 'c', attempts: 5 },
  ]);
  expect(await requestRetry(source.db, reference)).toBe(2);
});

test('R6 a failed document counts as seen; a complete listing without it takes its dead letter away', async () => {
  const source = await newSource();
  source.emits([...numbered(8), COMPLETE]);
  await source.run();

  source.emits([...numbered(7), failing('d0007'), failing('never stored'), COMPLETE]);
  const failed = await source.run();
  const both = (await letters(source)).map(({ id }) => id);
  source.emits([...numbered(8), COMPLETE]);
  await source.run();

  expect(failed).toMatchObject({ status: 'partial', counts: { deleted: 0, failed: 2 } });
  expect(both).toEqual(['d0007', 'never stored']);
  expect(await letters(source)).toEqual([]);
  expect(Object.keys(await source.stored())).toHaveLength(8);
});

test('R6 without a complete listing a dead letter stays, and one that is gone for sure does not', async () => {
  const source = await newSource();
  source.emits([...documents('a'), failing('b'), failing('c')]);
  await source.run();

  source.emits([...documents('a'), { kind: 'gone', id: 'b', why: 'The row was removed.' }]);
  await source.run();

  expect((await letters(source)).map(({ id }) => id)).toEqual(['c']);
});

test('F10 1 % of the documents fail: partial with exactly those ids, and the next run tries only them', async () => {
  const source = await newSource();
  const ids = Array.from({ length: 500 }, (_, at) => `d${String(at).padStart(4, '0')}`);
  const bad = ids.filter((_, at) => at % 100 === 7);
  source.emits([...documents(...ids), COMPLETE]);
  refuse(source, ...bad);

  const first = await source.run();
  const listed = (await letters(source)).map(({ id }) => id);
  refuse(source);
  source.server.requests.clear();
  const second = await source.run();

  expect(first).toMatchObject({ status: 'partial', counts: { added: 495, failed: 5 } });
  expect(first.because).toContain('5 documents of 500 failed');
  expect(listed).toEqual(bad);
  expect(second).toMatchObject({ status: 'succeeded', counts: { added: 5, unchanged: 495 } });
  expect(second.counts.putRequests).toBe(10);
  expect(await letters(source)).toEqual([]);
});
