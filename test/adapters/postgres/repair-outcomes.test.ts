import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import {
  readCalibration,
  rearmDeploys,
  storeCalibration,
} from '../../../adapters/postgres/gate-calibrations.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import {
  labelOutcome,
  readOutcomes,
  recordOutcome,
  type NewOutcome,
} from '../../../adapters/postgres/repair-outcomes.ts';
import { measure } from '../../../workflows/repair/calibration-metrics.ts';
import { recalibrate } from '../../../workflows/repair/recalibrate.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
const NOW = new Date('2026-11-21T12:00:00Z');
const STRATUM = 'relocate/SelectorMissing';
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});

beforeEach(async () => {
  for (const table of ['repair_outcomes', 'gate_calibrations', 'gate_rearms'] as const)
    await db.deleteFrom(table).execute();
});

afterAll(async () => {
  await db.destroy();
});

test('a decision is noted once, and the newest one of its incident counts while it is open', async () => {
  await recordOutcome(db, outcome('shop-1'));
  await recordOutcome(db, outcome('shop-1'));
  await recordOutcome(db, { ...outcome('shop-1'), patchDigest: 'second' });

  expect(await readOutcomes(db, NOW)).toEqual([
    {
      incident: 'shop-1',
      stratum: STRATUM,
      score: 4,
      probability: 0.98,
      decision: 'deploy',
      shadow: false,
      label: 'pending',
      rolledBack: false,
      synthetic: false,
      decidedAtMs: NOW.getTime(),
    },
  ]);
});

test('the first label stays, and a decision that has one is not replaced', async () => {
  await recordOutcome(db, outcome('shop-1'));

  const news = [await label('censored'), await label('success'), await label('failure')];
  await recordOutcome(db, { ...outcome('shop-1'), family: 'json' });

  expect(news).toEqual([true, false, false]);
  expect(await readOutcomes(db, NOW)).toMatchObject([{ label: 'censored', stratum: STRATUM }]);
});

test('what was taken back was no success, whenever that is seen', async () => {
  await recordOutcome(db, outcome('shop-1'));

  const news = [await label('success'), await label('failure', true), await label('success')];

  expect(news).toEqual([true, true, false]);
  expect(await readOutcomes(db, NOW)).toMatchObject([{ label: 'failure', rolledBack: true }]);
});

test('a label without a decision changes nothing', async () => {
  expect(await label('success')).toBe(false);
});

test('without a calibration no stratum is known', async () => {
  const data = await readCalibration(db, STRATUM, NOW);

  expect(data).toMatchObject({ version: 0, known: false, a: 1, b: 0 });
  expect(data.hash).toMatch(/^[0-9a-f]{64}$/);
});

test('a calibration is stored once for the same outcomes, and read for one stratum', async () => {
  for (let i = 0; i < 30; i += 1) await good(`shop-${i}`);

  const first = await calibrate();
  const again = await calibrate();
  const data = await readCalibration(db, STRATUM, NOW);

  expect([first.stored, again.stored]).toEqual([true, false]);
  expect(again.version).toBe(first.version);
  expect(data).toMatchObject({ version: first.version, known: true, stratum: STRATUM });
  expect(data.levels[0]?.bounds.at(-1)?.lowerBound).toBe(0.9049);
});

test('a rollback counts from its own moment, without waiting for the next calibration', async () => {
  for (let i = 0; i < 30; i += 1) await good(`shop-${i}`);
  await calibrate();
  const before = await readCalibration(db, STRATUM, NOW);

  await recordOutcome(db, outcome('shop-bad'));
  await label('failure', true, 'shop-bad');
  const after = await readCalibration(db, STRATUM, NOW);

  expect(before.off).toBeUndefined();
  expect(after.off).toMatchObject({ scope: 'stratum', untilMs: null });
  expect(after.hash).not.toBe(before.hash);
});

test('a person re-arms deploys after two rollbacks in a week', async () => {
  for (const incident of ['a', 'b']) {
    await recordOutcome(db, outcome(incident));
    await label('failure', true, incident);
  }
  const off = await readCalibration(db, 'json/EmptyResult', NOW);

  await rearmDeploys(db, { by: 'ana', because: 'The parser is mended.' });

  expect(off.off?.scope).toBe('everywhere');
  expect((await readCalibration(db, 'json/EmptyResult', NOW)).off).toBeUndefined();
});

async function good(incident: string): Promise<void> {
  await recordOutcome(db, outcome(incident));
  await label('success', false, incident);
}

function label(
  what: 'success' | 'failure' | 'censored',
  rolledBack = false,
  incident = 'shop-1',
): Promise<boolean> {
  return labelOutcome(db, { incident, label: what, rolledBack, by: 'probation', at: NOW });
}

async function calibrate(): Promise<{ readonly version: number; readonly stored: boolean }> {
  return storeCalibration(db, async (newest, transaction) => {
    const outcomes = await readOutcomes(transaction, NOW);
    const made = recalibrate(outcomes, newest?.calibration, NOW.getTime());
    return { ...made, metrics: measure(outcomes, made.calibration, NOW.getTime()) };
  });
}

function outcome(incident: string): NewOutcome {
  return {
    incident,
    tenant: 'default',
    source: 'shop',
    host: 'shop.example.com',
    fingerprint: 'f'.repeat(64),
    family: 'relocate',
    strategy: 'anchor',
    failure: 'SelectorMissing',
    failingFields: ['price'],
    patchDigest: 'first',
    patch: [{ op: 'replace', path: '/fields/price/locators/0', value: { css: '.cost' } }],
    decision: { decision: 'deploy', score: 4, probability: 0.98, shadowDeploy: false },
    decidedAt: NOW,
  };
}
