import { expect, test } from 'vitest';
import { loadSource } from '../../../activities/collection/load-source.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import type { SourceDefinition } from '../../../workflows/collection/definitions.ts';
import { sourceDefinition } from '../../fakes/source-definition.ts';
import { COMPLETE, document, withCollecting, type SourceCase } from './collecting.ts';

const newSource = withCollecting();

async function load(
  source: SourceCase,
  overrides: Partial<SourceDefinition>,
  trigger = 'schedule',
) {
  const definition = sourceDefinition({
    id: source.id,
    type: 'scripted',
    config: {},
    ...overrides,
  });
  await storeRevision(source.db, { definitions: [definition], author: 'test' });
  const times = { startedAtMs: 1_795_000_000_000, nominalAtMs: 1_795_000_000_000 };
  const run = { runId: `load:${source.id}`, temporalRunId: 't', tenant: 'default' };
  return loadSource({ ...run, ...times, source: source.id, trigger }, source.deps);
}

test('a source that is switched off makes no run by its schedule, but one by hand', async () => {
  const source = await newSource();

  expect(await load(source, { enabled: false })).toMatchObject({ enabled: false });
  const none = await source.db
    .selectFrom('runs')
    .select('id')
    .where('source', '=', source.id)
    .execute();
  expect(await load(source, { enabled: false }, 'manual')).toMatchObject({ enabled: true });

  expect(none).toEqual([]);
});

test('an unknown source and an unknown type are named, with the remedy', async () => {
  const source = await newSource();

  await expect(load(source, { type: 'gopher' })).rejects.toMatchObject({
    type: 'InvalidConfig',
    message: expect.stringMatching(/unknown type "gopher"\. This worker knows scripted/),
  });
  await expect(load({ ...source, id: 'nobody' }, { id: 'somebody' })).rejects.toMatchObject({
    type: 'NotFound',
    message: expect.stringContaining('No source "nobody" is in force'),
  });
});

test('a run ends before the next one is due', async () => {
  const source = await newSource();
  const { schedule } = source.definition();
  const loaded = await load(source, { schedule: { ...schedule, periodMs: 300_000 } });

  expect(loaded).toMatchObject({ bounds: { attemptMs: 240_000, totalMs: 240_000 } });
});

test('only runs with a complete listing, or without one, count for freshness', async () => {
  const source = await newSource();
  for (const end of [[COMPLETE], [{ kind: 'listing', complete: false } as const], []]) {
    source.emits([document('a'), ...end]);
    await source.run();
  }

  expect(source.ended.map(({ status, fresh }) => [status, fresh])).toEqual([
    ['succeeded', true],
    ['partial', false],
    ['succeeded', true],
  ]);
});

test('a reason with NUL and half characters does not keep a run from ending', async () => {
  const source = await newSource();
  source.emits([document('a'), { kind: 'listing', complete: false, why: 'a\0b\uD800' }]);

  const { run } = await source.run();

  const row = await source.db
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', run)
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({ status: 'partial', phase: 'ended', listing_note: 'a b\uFFFD' });
});
