import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RepairDependencies } from '../../../activities/repair/dependencies.ts';
import { readGate, recordDecision } from '../../../activities/repair/read-gate.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { noteCandidate } from '../../../adapters/postgres/repair-candidates.ts';
import { labelOutcome } from '../../../adapters/postgres/repair-outcomes.ts';
import { CHECK_NAMES, checkReport } from '../../../workflows/repair/checks.ts';
import { decide } from '../../../workflows/repair/gate.ts';
import { policyOf } from '../../../workflows/repair/policy.ts';
import type { DeployInput, GateReading } from '../../../workflows/repair/activities.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { decidedFix } from './decided-fix.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

const CHECKED = {
  checks: CHECK_NAMES.map((name) => checkReport(name, 'pass')),
  features: { f2p: 1, holdout: 1, oracle: 1, size: 0.1, breadth: 0, drift: 0.1 },
  changes: [],
  values: [],
  heldOutBodies: 2,
};

function read(input: DeployInput): Promise<GateReading> {
  const env = new MockActivityEnvironment(
    {},
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const deps = { db } as unknown as RepairDependencies;
  return env.run(() =>
    readGate({ ...input, shadow: 'good', repro: 1 }, deps),
  ) as Promise<GateReading>;
}

function judged({ evidence, calibration }: GateReading) {
  const policy = { ...policyOf(undefined, 'default', { phase: 'autonomous' }), hash: 'policy' };
  return decide(evidence, policy, calibration, Date.now());
}

test('what a person rejected never deploys by itself in a later incident, and people see why', async () => {
  const input = await decidedFix(db);
  await noteCandidate(db, input, { checked: CHECKED });
  const first = judged(await read(input));
  await recordDecision({ ...input, verdict: first, attempt: 1 }, {
    db,
  } as unknown as RepairDependencies);
  await labelOutcome(db, {
    incident: input.incident,
    label: 'failure',
    rolledBack: false,
    by: 'verdict',
  });

  const again = judged(await read(input));

  expect(first.vetoes).not.toContain('reviewer-rejects');
  expect(again.vetoes).toContain('reviewer-rejects');
  expect(again.probability).toBeLessThan(first.probability);
  expect(again.reasons).toContain('Whoever looked at this candidate before rejected it.');
});
