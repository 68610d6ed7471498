import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recalibrateGate } from '../../../activities/repair/recalibrate-gate.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { readCalibration } from '../../../adapters/postgres/gate-calibrations.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { labelOutcome, recordOutcome } from '../../../adapters/postgres/repair-outcomes.ts';
import type { RecalibrationReport } from '../../../workflows/repair/calibration-activities.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});

afterAll(() => db.destroy());

test('outcomes become a calibration once, however often and by however many it is made', async () => {
  for (let i = 0; i < 30; i += 1) await succeeded(`shop-${i}`);

  const reports = [...(await Promise.all([run(), run()])), await run()];

  expect(reports.map(({ resolved }) => resolved)).toEqual([30, 30, 30]);
  expect(reports.filter(({ stored }) => stored)).toHaveLength(1);
  expect(new Set(reports.map(({ version }) => version)).size).toBe(1);
  const { known, version } = await readCalibration(db, 'json/EmptyResult', new Date());
  expect({ known, version }).toEqual({ known: true, version: reports[0]?.version });
});

function run(): Promise<RecalibrationReport> {
  return new MockActivityEnvironment().run(() => recalibrateGate({ db }));
}

async function succeeded(incident: string): Promise<void> {
  await recordOutcome(db, {
    incident,
    tenant: 'default',
    source: 'shop',
    fingerprint: 'f'.repeat(64),
    family: 'json',
    strategy: 'json-fields',
    failure: 'EmptyResult',
    failingFields: [''],
    patchDigest: 'p',
    patch: [],
    decision: { decision: 'pull-request', score: 4, probability: 0.98, shadowDeploy: true },
    synthetic: true,
  });
  await labelOutcome(db, { incident, label: 'success', rolledBack: false, by: 'probation' });
}
