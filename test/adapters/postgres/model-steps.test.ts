import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import {
  forgetOldModelSteps,
  modelSteps,
  type ModelStep,
} from '../../../adapters/postgres/model-steps.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
beforeEach(() => sql`delete from model_steps`.execute(db));
afterAll(() => db.destroy());

const REFERENCE = { tenant: 'acme', source: 'rivers', run: 'r1' };
const KEY = 'ab'.repeat(32);
const STEP: ModelStep = {
  key: KEY,
  kind: 'answer',
  question: 'aare',
  step: 1,
  result: '{"text":"a\\u0000b"}',
  model: 'm',
  inputTokens: 100,
  outputTokens: 10,
  money: 0.25,
};
const PAGE: ModelStep = {
  key: 'cd'.repeat(32),
  kind: 'page',
  question: 'aare',
  step: 0,
  result: '{}',
};
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

test('a step is found again in its run, and in no other run, source or tenant', async () => {
  await modelSteps(db, REFERENCE).keep(STEP);

  expect(await modelSteps(db, REFERENCE).find(KEY)).toBe(STEP.result);
  for (const other of [{ run: 'r2' }, { source: 'lakes' }, { tenant: 'other' }])
    expect(await modelSteps(db, { ...REFERENCE, ...other }).find(KEY)).toBeUndefined();
});

test('what two attempts have paid counts twice, and the first answer stays', async () => {
  const store = modelSteps(db, REFERENCE);
  await Promise.all([store.keep(STEP), store.keep({ ...STEP, result: '{"text":"another"}' })]);

  const { run } = await store.spent(LONG_AGO);
  expect(run).toStrictEqual({ tokens: 220, money: 0.5, pages: 0 });
  const found = await store.find(KEY);
  await store.keep({ ...STEP, result: '"third"' });
  expect(await store.find(KEY)).toBe(found);
});

test('the ledger tells a run from all runs since a time', async () => {
  await modelSteps(db, REFERENCE).keep(STEP);
  await modelSteps(db, REFERENCE).keep(PAGE);
  await modelSteps(db, { ...REFERENCE, run: 'r2' }).keep(STEP);
  await modelSteps(db, { ...REFERENCE, source: 'lakes' }).keep(STEP);

  const { run, since } = await modelSteps(db, REFERENCE).spent(LONG_AGO);

  expect(run).toStrictEqual({ tokens: 110, money: 0.25, pages: 1 });
  expect(since).toStrictEqual({ tokens: 220, money: 0.5, pages: 1 });
  const tomorrow = new Date(Date.now() + 86_400_000);
  expect((await modelSteps(db, REFERENCE).spent(tomorrow)).since.tokens).toBe(0);
});

test('results go after two weeks, the ledger of the last month stays, and then goes, too', async () => {
  const store = modelSteps(db, REFERENCE);
  for (const [days, run] of [
    [1, 'r1'],
    [20, 'r2'],
    [70, 'r3'],
  ] as const) {
    await modelSteps(db, { ...REFERENCE, run }).keep(STEP);
    await sql`update model_steps set at = now() - make_interval(days => ${days}) where run = ${run}`.execute(
      db,
    );
  }
  await forgetOldModelSteps(db);

  expect(await store.find(KEY)).toBe(STEP.result);
  expect(await modelSteps(db, { ...REFERENCE, run: 'r2' }).find(KEY)).toBeUndefined();
  expect((await store.spent(LONG_AGO)).since.tokens).toBe(220);
});
