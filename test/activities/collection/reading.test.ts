import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { SourceEnv } from '../../../activities/sources/contract.ts';
import { openDatabase } from '../../../adapters/postgres/database.ts';
import { failure } from '../../../workflows/failures.ts';
import {
  COMPLETE,
  document,
  numbered,
  SECRET,
  withCollecting,
  type Message,
} from './collecting.ts';

const newSource = withCollecting();

const at = (cursor: unknown): Message => ({ kind: 'checkpoint', cursor });

test('a read that breaks off keeps what it has read, and the next attempt goes on at the last checkpoint', async () => {
  const source = await newSource();
  const begins: unknown[] = [];
  source.emits(async function* (from) {
    begins.push(from);
    if (from === null) {
      yield document('a');
      yield at({ page: 2 });
      yield document('b');
      throw failure('SourceUnavailable', 'Page 2 did not answer.');
    }
    yield document('b');
    yield document('c');
    yield at(null);
    yield COMPLETE;
  });

  const first = await source.collect({ run: 'r' });
  const second = await source.collect({ run: 'r', slice: 1 });

  expect(first).toMatchObject({
    more: true,
    waitReason: 'Page 2 did not answer.',
    counts: { added: 2 },
  });
  expect(first.notBeforeMs).toBeGreaterThan(Date.now() + 5000);
  expect(second).toMatchObject({ more: false, counts: { added: 3 }, listing: { complete: true } });
  expect(begins).toEqual([null, { page: 2 }]);
});

test('without progress a short failure is thrown, for Temporal to try again', async () => {
  const source = await newSource();
  // oxlint-disable-next-line require-yield, typescript/require-await
  source.emits(async function* () {
    throw failure('RateLimited', 'Slow down.', { retryAfterMs: 30_000 });
  });

  await expect(source.collect({ run: 'r' })).rejects.toMatchObject({
    type: 'RateLimited',
    nextRetryDelay: 30_000,
    nonRetryable: false,
  });
});

test('a source that asks for a long wait ends the slice with the time to go on, and names no secret', async () => {
  const source = await newSource();
  await source.redefine({ config: { token: '${env:TOKEN}' } });
  // oxlint-disable-next-line require-yield, typescript/require-await
  source.emits(async function* () {
    throw failure('RateLimited', `Token ${SECRET} has no quota.`, { retryAfterMs: 3_600_000 });
  });

  const slice = await source.collect({ run: 'r' });

  expect(slice).toMatchObject({ more: true, waitReason: 'Token [secret] has no quota.' });
  const { phase } = await source.db
    .selectFrom('runs')
    .select('phase')
    .where('source', '=', source.id)
    .executeTakeFirstOrThrow();
  expect(phase).toMatch(/^waiting until \d{4}-.+ UTC: Token \[secret\] has no quota\.$/);
  expect((slice.notBeforeMs ?? 0) - Date.now()).toBeGreaterThan(3_590_000);
});

test('a failure that waiting cannot mend is thrown, whatever was stored before it', async () => {
  const source = await newSource();
  source.emits(async function* () {
    yield document('a');
    yield at(1);
    throw failure('AuthExpired', 'The token is old.');
  });

  await expect(source.collect({ run: 'r' })).rejects.toMatchObject({
    type: 'AuthExpired',
    nonRetryable: true,
  });
  expect(await source.stored()).toEqual({ a: 'The text of a.\n' });
});

test('slices end at a checkpoint behind their bound and together hold every document once', async () => {
  const source = await newSource({
    limits: { timeoutMs: 600_000, sliceDocuments: 10, maxDeletedShare: 0.15 },
  });
  source.emits(async function* (from) {
    const all = numbered(35);
    for (let index = (from as number | null) ?? 0; index < all.length; index += 1) {
      yield all[index] as Message;
      yield at(index + 1);
    }
    yield at(null);
    yield COMPLETE;
  });

  const ran = await source.run();

  expect(ran.slices.map(({ more }) => more)).toEqual([true, true, true, false]);
  expect(ran).toMatchObject({
    status: 'succeeded',
    counts: { added: 35, unchanged: 0, deleted: 0 },
  });
  const row = await source.db
    .selectFrom('runs')
    .select('slices')
    .where('id', '=', ran.run)
    .executeTakeFirst();
  expect(row?.slices).toBe(4);
});

test('a slice ends itself before the time of its attempt is over', async () => {
  const source = await newSource();
  source.emits(async function* () {
    for (let index = 0; ; index += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      yield document('the same');
      yield at(index);
    }
  });

  const begun = performance.now();
  const slice = await source.collect({ run: 'r', startToCloseTimeoutMs: 1500 });

  expect(slice.more).toBe(true);
  expect(performance.now() - begun).toBeLessThan(1500);
});

test('a slice that is full at the very end of its source is the last one', async () => {
  const source = await newSource({
    limits: { timeoutMs: 600_000, sliceDocuments: 10, maxDeletedShare: 0.15 },
  });
  source.emits(async function* (from) {
    const begin = (from as number | null) ?? 0;
    yield* numbered(12).slice(begin, 8);
    if (begin < 8) yield at(8);
    yield* numbered(12).slice(Math.max(begin, 8));
    yield at(null);
    yield COMPLETE;
  });

  const ran = await source.run();

  expect(ran.slices.map(({ more }) => more)).toEqual([false]);
  expect(ran).toMatchObject({ status: 'succeeded', counts: { added: 12 } });
});

test('a slice that would begin where the one before it began is not cut', async () => {
  const source = await newSource({
    limits: { timeoutMs: 600_000, sliceDocuments: 10, maxDeletedShare: 0.15 },
  });
  // Whatever its state says, it reads everything: a tap that cannot resume.
  source.emits(async function* () {
    yield* numbered(30).slice(0, 20);
    yield at({ state: '{}', again: 1 });
    yield* numbered(30).slice(20);
    yield COMPLETE;
    yield at({ state: '{}', again: 2 });
  });

  const ran = await source.run();

  expect(ran.slices.map(({ more }) => more)).toEqual([true, false]);
  expect(ran).toMatchObject({ status: 'succeeded', counts: { added: 30 } });
});

test('limits.maxDocuments bounds the run, over its slices and over attempts that read again', async () => {
  const source = await newSource({
    limits: { timeoutMs: 600_000, sliceDocuments: 4, maxDocuments: 10, maxDeletedShare: 0.15 },
  });
  const all = numbered(30);
  source.emits(async function* (from) {
    for (let index = (from as number | null) ?? 0; index < all.length; index += 1) {
      yield all[index] as Message;
      yield at(index + 1);
    }
  });
  const ran = await source.run();

  const again = await newSource({
    limits: { timeoutMs: 600_000, sliceDocuments: 1000, maxDocuments: 10, maxDeletedShare: 0.15 },
  });
  again.emits(all.slice(0, 6));
  await again.collect({ run: 'r' });
  again.emits(all);
  const retried = await again.collect({ run: 'r', attempt: 2 });

  expect(ran).toMatchObject({
    status: 'partial',
    because: 'The run stopped at its bound of 10 documents (limits.maxDocuments).',
    counts: { added: 10 },
  });
  expect(retried).toMatchObject({ more: false, counts: { added: 10 }, candidates: 0 });
});

test('a changed config begins from the start and reads documents that are known', async () => {
  const source = await newSource();
  const looks: unknown[] = [];
  source.emits(async function* (from, env) {
    looks.push([from, [...(await env.known(['a', 'b'])).entries()]]);
    yield document('a', 'text', {
      validators: { etag: '"1"' },
      modifiedAt: '2026-01-02T03:04:05Z',
    });
    yield at({ page: 9 });
    yield COMPLETE;
  });

  await source.run();
  await source.run();
  await source.redefine({ config: { shape: 'other' } });
  const third = await source.run();

  const known = [
    'a',
    expect.objectContaining({ etag: '"1"', modifiedAt: '2026-01-02T03:04:05.000Z' }),
  ];
  expect(looks).toEqual([
    [null, []],
    [{ page: 9 }, [known]],
    [null, []],
  ]);
  expect(third.counts).toMatchObject({ unchanged: 1, putRequests: 0 });
});

test('a document that is only listed is unchanged, and stays through a complete listing', async () => {
  const source = await newSource();
  source.emits([document('a'), document('b'), COMPLETE]);
  await source.run();
  source.emits([{ kind: 'seen', id: 'a' }, document('b'), COMPLETE]);

  expect(await source.run()).toMatchObject({
    status: 'succeeded',
    counts: { unchanged: 2, deleted: 0 },
  });
});

test('a listing that one run left open is completed by the next one', async () => {
  const source = await newSource();
  source.emits([...numbered(8), COMPLETE]);
  await source.run();
  source.emits(async function* (from) {
    if (from === null) {
      yield* numbered(4);
      yield at('second half');
      throw failure('AuthExpired', 'The token is old.');
    }
    yield* numbered(8).slice(4);
    yield at(null);
    yield COMPLETE;
  });
  await source.run().catch(() => undefined);

  expect(await source.run()).toMatchObject({
    status: 'succeeded',
    counts: { unchanged: 4, deleted: 0 },
  });
  expect(await source.keys()).toHaveLength(16);
});

test('heartbeats begin at once, are small, and tell how far it is', async () => {
  const source = await newSource();
  source.emits([...numbered(30), COMPLETE]);
  const beats: unknown[] = [];

  await source.collect({
    run: 'r',
    watch: (env) => void env.on('heartbeat', (beat) => beats.push(beat)),
  });

  expect(beats[0]).toMatchObject({ phase: 'reading and storing', added: 0 });
  expect(Buffer.byteLength(JSON.stringify(beats[0]))).toBeLessThan(2048);
});

test('the temporary folder of an attempt is gone after it, also when it failed', async () => {
  const source = await newSource();
  const folders: string[] = [];
  source.emits(async function* (_from, env: SourceEnv) {
    folders.push(env.temporaryDirectory);
    expect(existsSync(env.temporaryDirectory)).toBe(true);
    yield document('a');
    if (folders.length === 2) throw failure('AuthExpired', 'The token is old.');
  });

  await source.collect({ run: 'r1' });
  await source.collect({ run: 'r2' }).catch(() => undefined);

  expect(folders).toHaveLength(2);
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});

test('an unchanged run of 1,000 documents takes at most four statements at the store', async () => {
  const source = await newSource();
  const all = numbered(1000);
  source.emits([...all, COMPLETE]);
  await source.collect({ run: 'first', deps: { objects: source.withoutStore() } });
  const few = await newSource();
  few.emits([COMPLETE]);

  const baseline = await statements((db) => few.collect({ run: 'r', deps: { db } }));
  const taken = await statements((db) => source.collect({ run: 'second', deps: { db } }));

  expect(taken - baseline).toBeGreaterThan(0);
  expect(taken - baseline).toBeLessThanOrEqual(4);

  async function statements(work: (db: typeof source.db) => Promise<unknown>): Promise<number> {
    let count = 0;
    const db = source.db.withPlugin({
      transformQuery: ({ node }) => {
        count += 1;
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    await work(db);
    return count;
  }
});

test('a database that does not answer is named as ours, and as passing', async () => {
  const source = await newSource();
  source.emits([document('a')]);
  await source.open('r');
  const db = openDatabase('postgres://nobody:hidden@127.0.0.1:1/none');

  const failing = source.collect({ run: 'r', deps: { db } });

  await expect(failing).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
  await expect(failing).rejects.not.toThrow('hidden');
  await db.destroy();
});

test('what a source said before it fell silent is committed, cursor and all, without waiting for its next word', async () => {
  const source = await newSource();
  const silent = Promise.withResolvers<void>();
  source.emits(async function* () {
    yield document('a');
    yield at({ page: 2 });
    yield document('b');
    await silent.promise;
    yield COMPLETE;
  });
  const tuning = { ...source.deps.tuning, commitEveryMs: 200 };

  const run = source.collect({ run: 'r', deps: { tuning } });
  await expect.poll(() => source.stored(), { timeout: 10_000 }).toHaveProperty('b');
  const { cursor } = await source.db
    .selectFrom('source_state')
    .select('cursor')
    .where('source', '=', source.id)
    .executeTakeFirstOrThrow();
  silent.resolve();

  expect(cursor).toEqual({ page: 2 });
  expect(await run).toMatchObject({ counts: { added: 2 }, listing: { complete: true } });
});

test('a commit that fails in a silence ends the read and the source', async () => {
  const source = await newSource();
  let stopped = false;
  source.emits(async function* (_from, env) {
    yield document('a');
    await new Promise((resolve) => env.signal.addEventListener('abort', resolve, { once: true }));
    stopped = true;
  });
  const tuning = { ...source.deps.tuning, commitEveryMs: 500 };

  const run = source.collect({ run: 'r', deps: { tuning } });
  await expect.poll(() => claimed(source.id)).toBe(true);
  await source.db
    .updateTable('source_state')
    .set((eb) => ({ fence: eb('fence', '+', 1) }))
    .where('source', '=', source.id)
    .execute();

  await expect(run).rejects.toMatchObject({ type: 'Conflict' });
  expect(stopped).toBe(true);

  async function claimed(id: string): Promise<boolean> {
    const rows = await source.db
      .selectFrom('source_state')
      .select('fence')
      .where('source', '=', id)
      .execute();
    return rows.length === 1;
  }
});
