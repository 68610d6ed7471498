import { afterEach, expect, test, vi } from 'vitest';
import type { Objects } from '../../../adapters/aws/objects.ts';
import { COMPLETE, document, numbered, withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

afterEach(() => vi.restoreAllMocks());

/** An attempt that stops in front of, or behind, its first write that fits, until `wake` is called. */
function sleeper(source: SourceCase, when: 'before' | 'after', fits: (key: string) => boolean) {
  const asleep = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  const nap = async (key: string): Promise<void> => {
    if (!fits(key)) return;
    asleep.resolve();
    await woken.promise;
  };
  const objects: Objects = {
    ...source.deps.objects,
    async put(request) {
      if (when === 'before') await nap(request.key);
      const result = await source.deps.objects.put(request);
      if (when === 'after') await nap(request.key);
      return result;
    },
  };
  return { deps: { objects }, asleep: asleep.promise, wake: woken.resolve };
}

const isContent = (key: string): boolean => key.endsWith('.md');
const isSidecar = (key: string): boolean => key.endsWith('.json');

test('R18 an older attempt that wakes in front of a write overwrites nothing and commits nothing', async () => {
  const source = await newSource();
  source.emits([document('a', 'first'), COMPLETE]);
  await source.run();

  source.emits([document('a', 'old'), COMPLETE]);
  const zombie = sleeper(source, 'before', isContent);
  const old = source.collect({ run: 'r2', deps: zombie.deps }).catch((error: unknown) => error);
  await zombie.asleep;
  source.emits([document('a', 'new'), COMPLETE]);
  const slice = await source.collect({ run: 'r2', attempt: 2 });
  zombie.wake();

  expect(await old).toMatchObject({
    type: 'Conflict',
    message: expect.stringContaining('newer attempt'),
  });
  expect(slice.counts).toMatchObject({ updated: 1 });
  expect(await source.stored()).toEqual({ a: 'new\n' });
});

test('R18 an older attempt that wakes after its writes commits neither rows nor cursor', async () => {
  const source = await newSource();
  source.emits([document('a', 'old'), { kind: 'checkpoint', cursor: { at: 'old' } }]);
  const zombie = sleeper(source, 'after', isContent);
  const old = source.collect({ run: 'r1', deps: zombie.deps }).catch((error: unknown) => error);
  await zombie.asleep;
  source.emits([
    document('a', 'new'),
    document('b'),
    { kind: 'checkpoint', cursor: { at: 'new' } },
  ]);
  await source.collect({ run: 'r1', attempt: 2 });
  zombie.wake();

  expect(await old).toMatchObject({ type: 'Conflict' });
  expect(await source.stored()).toEqual({ a: 'new\n', b: 'The text of b.\n' });
  const state = await source.db
    .selectFrom('source_state')
    .select('cursor')
    .where('source', '=', source.id)
    .executeTakeFirstOrThrow();
  expect(state.cursor).toEqual({ at: 'new' });
});

test('R18 an attempt that slept for long asks before it writes on, even where the object has the version it expects', async () => {
  const source = await newSource();
  source.emits([document('a', 'A'), COMPLETE]);
  await source.run();

  source.emits([document('a', 'B'), COMPLETE]);
  const zombie = sleeper(source, 'after', isSidecar);
  const old = source.collect({ run: 'r2', deps: zombie.deps }).catch((error: unknown) => error);
  await zombie.asleep;
  // Meanwhile the source went back to A, so the newer attempt has nothing to write over it.
  source.emits([document('a', 'A'), COMPLETE]);
  await source.collect({ run: 'r2', attempt: 2 });
  const now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now + 90_000);
  zombie.wake();

  expect(await old).toMatchObject({ type: 'Conflict' });
  expect(await source.stored()).toEqual({ a: 'A\n' });
});

test('R18 a reconciliation that a newer run has overtaken deletes nothing', async () => {
  const source = await newSource();
  source.emits([...numbered(10), COMPLETE]);
  await source.run();
  source.emits([...numbered(10).slice(1), COMPLETE]);
  await source.collect({ run: 'old' });
  source.emits([...numbered(10), COMPLETE]);
  await source.collect({ run: 'new' });

  const { counts } = await source.reconcile('old');

  expect(counts.deleted).toBe(0);
  expect(await source.keys()).toHaveLength(20);
});

test('R18 what was seen again after it was named for deletion stays', async () => {
  const source = await newSource();
  source.emits([...numbered(10), COMPLETE]);
  await source.run();
  source.emits([...numbered(10).slice(1), COMPLETE]);
  const report = await source.collect({ run: 'r2' });
  source.emits([...numbered(10), COMPLETE]);
  await source.collect({ run: 'r2', attempt: 2 });

  await source.reconcile('r2');

  expect(report.candidates).toBe(1);
  expect(await source.keys()).toHaveLength(20);
});
