import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { requestRetry } from '../../../adapters/postgres/dead-letters.ts';
import { requestRun } from '../../../adapters/postgres/run-requests.ts';
import { storeRevision } from '../../../adapters/postgres/revisions.ts';
import { loadSource } from '../../../activities/collection/load-source.ts';
import type { AgainMessage } from '../../../activities/sources/contract.ts';
import { failure } from '../../../workflows/failures.ts';
import type { BoundSourceType } from '../../../activities/sources/define-source.ts';
import {
  COMPLETE,
  document,
  documents,
  withCollecting,
  type Message,
  type SourceCase,
} from './collecting.ts';

const newSource = withCollecting();

const failing = (id: string): Message => ({
  kind: 'failed',
  id,
  failure: 'SourceUnavailable',
  detail: 'HTTP 500',
});

interface Again {
  readonly source: SourceCase;
  /** The ids of each request for single documents. */
  readonly asked: (readonly string[])[];
  readonly answers: (answer: (id: string) => AgainMessage | undefined) => void;
}

/** A source whose documents can be read again alone; in increments, so that a run meets only what is new. */
async function againSource(): Promise<Again> {
  const source = await newSource();
  const asked: (readonly string[])[] = [];
  let answer = (id: string): AgainMessage | undefined => document(id) as AgainMessage;
  const types = source.deps.sourceTypes as Map<string, BoundSourceType>;
  const plain = types.get('scripted') as BoundSourceType;
  async function* readAgain(ids: readonly string[]): AsyncGenerator<AgainMessage> {
    asked.push(ids);
    for (const id of ids) {
      const message = answer(id);
      if (message) yield message;
    }
  }
  const open: BoundSourceType['open'] = (config) => ({ ...plain.open(config), readAgain });
  types.set('scripted', { ...plain, readsAgain: true, open });
  return { source, asked, answers: (next) => (answer = next) };
}

async function letters(source: SourceCase): Promise<readonly string[]> {
  return (await source.deadLetters()).map(({ id, failure }) => `${id} ${failure}`);
}

test('R6 a run reads again what failed before and what it did not meet itself', async () => {
  const { source, asked } = await againSource();
  source.emits([...documents('a'), failing('b'), failing('c')]);
  await source.run();
  source.emits([...documents('c', 'd')]);

  const ran = await source.run();

  expect(asked).toEqual([['b']]);
  expect(ran).toMatchObject({ status: 'succeeded', counts: { added: 3, failed: 0 } });
  expect(await letters(source)).toEqual([]);
});

test('R6 what fails again stays, what is gone does not, and what the source passes over stays due', async () => {
  const { source, asked, answers } = await againSource();
  source.emits(['a', 'b', 'c'].map(failing).concat(documents('d')));
  await source.run();
  source.emits([]);
  answers((id) => {
    if (id === 'a')
      return { kind: 'failed', id, failure: 'InvalidDocument', detail: 'It is broken.' };
    if (id === 'b') return { kind: 'gone', id, why: 'The row was removed.' };
    return undefined;
  });

  const second = await source.run();
  const third = await source.run();

  expect(second.counts).toMatchObject({ failed: 1 });
  expect(await letters(source)).toEqual(['a InvalidDocument', 'c SourceUnavailable']);
  // After its second failure "a" rests for an hour.
  expect(asked.map((ids) => ids.toSorted())).toEqual([['a', 'b', 'c'], ['c']]);
  expect(third).toMatchObject({ status: 'succeeded', counts: { failed: 0 } });
});

test('a source that breaks off while it reads single documents again fails no run that read the whole', async () => {
  const { source, answers } = await againSource();
  source.emits([...documents('a'), failing('b')]);
  await source.run();
  source.emits(documents('c'));
  answers(() => {
    throw failure('RateLimited', 'Slow down.', { retryAfterMs: 600_000 });
  });

  const ran = await source.run();

  expect(ran).toMatchObject({
    status: 'succeeded',
    counts: { added: 1 },
    slices: [{ more: false }],
  });
  expect(await letters(source)).toEqual(['b SourceUnavailable']);
});

test('a type that cannot read single documents meets them in its next whole read', async () => {
  const source = await newSource();
  source.emits([...documents('a'), failing('b'), COMPLETE]);
  await source.run();
  source.emits([...documents('a', 'b'), COMPLETE]);

  expect(await source.run()).toMatchObject({ status: 'succeeded', counts: { added: 1 } });
});

test('R6 a run that a person asked for reads the dead letters alone: no listing, no deletion, no freshness', async () => {
  const { source, asked } = await againSource();
  source.emits([...documents('a', 'x'), failing('b'), failing('c'), COMPLETE]);
  await source.run();
  source.emits(() => {
    throw new Error('The rest of the source must not be read.');
  });
  await requestRetry(source.db, { tenant: 'default', source: source.id, ids: ['b'] });
  const run = `collect:${source.id}-again`;
  await source.open(run);
  await sql`update runs set trigger = 'dead-letters' where id = ${run}`.execute(source.db);

  const slice = await source.collect({ run });
  await source.finish(run, { verdict: { status: 'succeeded', because: '' } });

  expect(asked).toEqual([['b']]);
  expect(slice).toMatchObject({ more: false, candidates: 0, counts: { added: 1 } });
  expect(slice.listing).toBeUndefined();
  expect(await letters(source)).toEqual(['c SourceUnavailable']);
  const { rows } =
    await sql`select listing_complete, listing_note from runs where id = ${run}`.execute(source.db);
  expect(rows).toEqual([
    { listing_complete: false, listing_note: 'only dead letters were read again' },
  ]);
  expect(source.ended.at(-1)).toMatchObject({ fresh: false });
  const health =
    await sql`select 1 from source_health where source = ${source.id} and idle_runs > 0`.execute(
      source.db,
    );
  expect(health.rows).toEqual([]);
});

const NOMINAL = new Date('2026-11-20T06:00:00Z');

async function triggerOf(source: SourceCase, run: string, nominalAt: Date): Promise<string> {
  const definition = {
    ...source.definition(),
    schedule: {
      text: '0 6 * * *',
      spec: { cron: '0 6 * * *' },
      timezone: 'UTC',
      periodMs: 86_400_000,
    },
  };
  await storeRevision(source.db, { definitions: [definition], author: 'test' });
  const times = { startedAtMs: nominalAt.getTime() + 700, nominalAtMs: nominalAt.getTime() };
  const reference = { runId: run, temporalRunId: 't', tenant: 'default', source: source.id };
  await loadSource({ ...reference, ...times, trigger: 'schedule' }, source.deps);
  const { rows } = await sql<{
    trigger: string;
  }>`select trigger from runs where id = ${run}`.execute(source.db);
  return rows[0]?.trigger ?? '';
}

test('a run at a time of its schedule was started by it, any other one by a person', async () => {
  const { source } = await againSource();

  expect(await triggerOf(source, `${source.id}-1`, NOMINAL)).toBe('schedule');
  expect(await triggerOf(source, `${source.id}-2`, new Date('2026-11-20T06:12:31Z'))).toBe(
    'manual',
  );
});

test('what a person asked for holds for one run that a person starts, and not for one of the schedule', async () => {
  const { source } = await againSource();
  const later = new Date('2026-11-20T06:12:31Z');
  const reference = { tenant: 'default', source: source.id };
  await requestRun(source.db, reference, 'dead-letters');

  expect(await triggerOf(source, `${source.id}-1`, NOMINAL)).toBe('schedule');
  expect(await triggerOf(source, `${source.id}-2`, later)).toBe('dead-letters');
  // The answer was lost, and the activity runs again.
  expect(await triggerOf(source, `${source.id}-2`, later)).toBe('dead-letters');
  expect(await triggerOf(source, `${source.id}-3`, later)).toBe('manual');
});

test('an old request, or one to a type that cannot, is taken away and does nothing', async () => {
  const { source } = await againSource();
  const other = await newSource();
  const later = new Date('2026-11-20T06:12:31Z');
  for (const one of [source, other])
    await requestRun(one.db, { tenant: 'default', source: one.id }, 'dead-letters');
  await sql`update run_requests set requested_at = now() - interval '1 hour' where source = ${source.id}`.execute(
    source.db,
  );

  expect(await triggerOf(source, `${source.id}-1`, later)).toBe('manual');
  expect(await triggerOf(other, `${other.id}-1`, later)).toBe('manual');
  const left = await sql`select 1 from run_requests`.execute(source.db);
  expect(left.rows).toEqual([]);
});
