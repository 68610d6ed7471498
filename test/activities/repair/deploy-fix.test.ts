import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deployFix } from '../../../activities/repair/deploy-fix.ts';
import type { RepairDependencies } from '../../../activities/repair/dependencies.ts';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { closeIncident, readIncident } from '../../../adapters/postgres/incidents.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { activeFix } from '../../../adapters/postgres/active-fix.ts';
import type { DeployInput, Deployment } from '../../../workflows/repair/activities.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { apply, decidedFix, shop } from './decided-fix.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());
beforeEach(async () => {
  await sql`truncate incidents, systemic_incidents, spec_pointers, spec_moves, repair_candidates, revisions, definitions cascade`.execute(
    db,
  );
});

function run(input: DeployInput, startToCloseTimeoutMs = 60_000): Promise<Deployment> {
  const env = new MockActivityEnvironment(
    { startToCloseTimeoutMs },
    { logger: new DefaultLogger('ERROR', () => undefined) },
  );
  const deps = {
    db,
    schedules: { trigger: async () => undefined },
  } as unknown as RepairDependencies;
  return env.run(() => deployFix(input, deps)) as Promise<Deployment>;
}

const APPROVED = { decidedBy: 'ana', requestId: 'question-1' };

describe('a deployment', () => {
  test('is noted with its incident in the same transaction', async () => {
    const input = await decidedFix(db);
    await run(input);

    expect(await activeFix(db, 'shop')).toMatchObject({ incident: input.incident });
    expect((await readIncident(db, input.incident))?.repair['deployed']).toMatchObject({
      decidedBy: 'gate',
    });
  });

  test('that comes after the end of its incident is refused', async () => {
    const input = await decidedFix(db);
    await closeIncident(db, input.incident, 'pr-rejected', 'Rejected by ana.');

    await expect(run(input)).rejects.toThrow(/is over/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
  });

  test('that was frozen for longer than its time is refused, whatever it knew before', async () => {
    const input = await decidedFix(db);

    await expect(run(input, 0)).rejects.toThrow(/the time to deploy it was over/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
  });

  test('under another policy than the one of its decision is refused, and nothing of it stays', async () => {
    const input = await decidedFix(db);
    await apply(db, { ...shop, repair: { review: 'required' } });

    await expect(run(input)).rejects.toThrow(/policy of source "shop" has changed/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
    expect((await readIncident(db, input.incident))?.repair['deployed']).toBeUndefined();
  });

  test('by the gate alone is refused while a systemic incident holds it; a person may', async () => {
    const input = await decidedFix(db);
    await sql`insert into systemic_incidents (id, scope, key, because, breaks, last_failure_at)
      values ('storm-1', 'host', 'shop.example', '6 breaks.', 6, clock_timestamp())`.execute(db);

    await expect(run(input)).rejects.toThrow(/"storm-1" holds it/);
    expect(await activeFix(db, 'shop')).toBeUndefined();
    await run({ ...input, ...APPROVED });
    expect(await activeFix(db, 'shop')).toMatchObject({ incident: input.incident });
  });
});
