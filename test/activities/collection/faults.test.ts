import { expect, test } from 'vitest';
import { documentHash } from '../../../activities/collection/identity.ts';
import { COMPLETE, document, documents, numbered, withCollecting } from './collecting.ts';

const newSource = withCollecting();

function keyOf(id: string): RegExp {
  return new RegExp(`${documentHash(id).slice(0, 32)}\\.md$`);
}

test('F7 writes whose answers are lost are stored once and counted once', async () => {
  const source = await newSource();
  source.faults.push({ kind: 'lost-answer', operation: 'PutObject', probability: 0.3 });
  source.emits([...numbered(40), COMPLETE]);

  const first = await source.run();
  source.faults.length = 0;
  source.emits([...numbered(40).slice(1), document('d0000', 'changed'), COMPLETE]);
  source.faults.push({ kind: 'lost-answer', operation: 'PutObject', probability: 0.5 });
  const second = await source.run();

  expect(first).toMatchObject({ status: 'succeeded', counts: { added: 40, failed: 0 } });
  expect(second).toMatchObject({ status: 'succeeded', counts: { updated: 1, unchanged: 39 } });
  source.faults.length = 0;
  const stored = await source.stored();
  expect(Object.keys(stored)).toHaveLength(40);
  expect(stored['d0000']).toBe('changed\n');
});

test('F6 a bucket that answers a third of the writes with SlowDown fills nevertheless', async () => {
  const source = await newSource();
  source.faults.push({ kind: 'throttle', operation: 'PutObject', probability: 0.3 });
  source.emits([...numbered(60), COMPLETE]);

  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'succeeded', counts: { added: 60, failed: 0 } });
  source.faults.length = 0;
  expect(Object.keys(await source.stored())).toHaveLength(60);
});

test('F10 a document whose object is refused becomes a dead letter, the others are stored, and the next run writes only it', async () => {
  const source = await newSource();
  source.faults.push({ kind: 'error500', operation: 'PutObject', keyMatches: keyOf('d0007') });
  source.emits([...numbered(100), COMPLETE]);

  const first = await source.run();
  const letters = await source.deadLetters();
  source.faults.length = 0;
  source.server.requests.clear();
  const second = await source.run();

  expect(first).toMatchObject({ status: 'partial', counts: { added: 99, failed: 1, deleted: 0 } });
  expect(letters).toMatchObject([{ id: 'd0007', failure: 'Unavailable', attempts: 1 }]);
  expect(second).toMatchObject({
    status: 'succeeded',
    counts: { added: 1, unchanged: 99, failed: 0 },
  });
  expect(second.counts.putRequests).toBe(2);
  expect(await source.deadLetters()).toEqual([]);
});

test('F8 a bucket that refuses fails the run by name after a few writes', async () => {
  const source = await newSource();
  source.faults.push({ kind: 'access-denied', operation: 'PutObject' });
  source.emits([...numbered(100), COMPLETE]);

  const failing = source.run();

  await expect(failing).rejects.toMatchObject({
    type: 'AccessDenied',
    nonRetryable: true,
    message: expect.stringMatching(/s3:PutObject .*Add that action to its role/),
  });
  expect(source.server.requests.count('PutObject')).toBeLessThanOrEqual(16);
  expect(await source.deadLetters()).toEqual([]);
});

test('F8 a bucket that is not there fails the run by name, and nothing is remembered as stored', async () => {
  const source = await newSource();
  const { knowledgeBase } = source.definition();
  await source.redefine({ knowledgeBase: { ...knowledgeBase, bucket: 'missing' } });
  source.emits([...documents('a', 'b'), { kind: 'checkpoint', cursor: 1 }]);

  await expect(source.run()).rejects.toMatchObject({ type: 'NotFound', nonRetryable: true });

  const row = await source.db
    .selectFrom('source_state')
    .select('cursor')
    .where('source', '=', source.id)
    .executeTakeFirstOrThrow();
  expect(row.cursor).toBeNull();
});

test('a bucket that does not answer at all fails the attempt, which Temporal then repeats', async () => {
  const source = await newSource();
  source.faults.push({ kind: 'error500', operation: 'PutObject' });
  source.emits([document('a'), COMPLETE]);

  await expect(source.collect({ run: 'r' })).rejects.toMatchObject({
    type: 'Unavailable',
    nonRetryable: false,
  });
  source.faults.length = 0;

  expect(await source.collect({ run: 'r', attempt: 2 })).toMatchObject({ counts: { added: 1 } });
});

test('a removal that is refused leaves the row to be finished and names the permission', async () => {
  const source = await newSource();
  source.emits([...documents('a', 'b', 'c'), COMPLETE]);
  await source.run();
  source.faults.push({ kind: 'access-denied', operation: 'DeleteObjects' });
  source.emits([...documents('a', 'b'), COMPLETE]);

  await expect(source.run()).rejects.toMatchObject({
    type: 'AccessDenied',
    message: expect.stringContaining('s3:DeleteObject'),
  });
  source.faults.length = 0;
  const ran = await source.run();

  expect(ran).toMatchObject({ status: 'succeeded', counts: { deleted: 1, unchanged: 2 } });
  expect(await source.keys()).toHaveLength(4);
});

test('an attempt that is cancelled stops and commits nothing more', async () => {
  const source = await newSource();
  source.emits(async function* (_from, env) {
    yield document('a');
    await new Promise((resolve) => env.signal.addEventListener('abort', resolve));
    yield document('b');
    yield COMPLETE;
  });

  const stopping = source.collect({ run: 'r', watch: (env) => void setTimeout(env.cancel, 100) });

  await expect(stopping).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(await source.stored()).toEqual({});
});
