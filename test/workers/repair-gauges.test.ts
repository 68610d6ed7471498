import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { repairGauges } from '../../workers/repair-gauges.ts';
import { withDatabase } from '../set-up/postgres.ts';

const url = withDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

test('repairs are counted from their rows, and shares of nothing are left out', async () => {
  const before = await repairGauges(db);
  const deployedAtMs = Date.now() - 60_000;
  await incident('a', 'open', {});
  await incident('b', 'closed', {
    byPerson: true,
    deployed: { decidedBy: 'ana', atMs: deployedAtMs },
    decision: { decidedAtMs: deployedAtMs - 30_000 },
  });
  await sql`insert into runs (id, temporal_run_id, tenant, source, definition_digest, trigger, status, phase, started_at, finished_at, updated_at)
    values ('r1', 't1', 'default', 'shop', 'd', 'repair', 'succeeded', 'done', now() - interval '50 seconds', now() - interval '40 seconds', now())`.execute(
    db,
  );

  const after = await repairGauges(db);

  expect(before.join('\n')).not.toContain('wellspring_repair_success_ratio');
  expect(after).toEqual(
    expect.arrayContaining([
      'wellspring_incidents_open 1',
      'wellspring_repair_outcomes{outcome="pr-merged-unchanged"} 1',
      'wellspring_repair_success_ratio 1',
      'wellspring_repair_self_healing_ratio 0',
      'wellspring_repair_intervention_ratio 1',
      'wellspring_repair_waiting_seconds{quantile="0.5"} 30',
    ]),
  );
  const line = after.find((one) => one.includes('decision="people",quantile="0.5"'));
  expect(Number(line?.split(' ')[1])).toBeCloseTo(3560, -1);
});

/** Broke an hour ago; the closed one was approved by a person. */
async function incident(id: string, state: 'open' | 'closed', repair: object): Promise<void> {
  const outcome = state === 'closed' ? 'pr-merged-unchanged' : null;
  await sql`insert into incidents (id, tenant, source, fingerprint, failure, detector, because, spec_digest, definition_digest, heals, state,
      outcome, first_occurrences, last_occurrences, first_failure_at, last_failure_at, closed_at, repair)
    values (${id}, 'default', 'shop', ${id}, 'SelectorMissing', 'failure', 'It broke.', 's', 'd', true, ${state}, ${outcome}, '[]', '[]',
      now() - interval '1 hour', now(), ${state === 'closed' ? new Date() : null}, ${JSON.stringify(repair)}::jsonb)`.execute(
    db,
  );
}
