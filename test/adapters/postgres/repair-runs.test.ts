import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { runsSince } from '../../../adapters/postgres/repair-runs.ts';
import { withDatabase } from '../../set-up/postgres.ts';

const url = withDatabase();
let db: Database;
beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

const BEGAN_MS = Date.parse('2026-11-20T00:00:00Z');
const MINUTE_MS = 60_000;

function run(at: number) {
  const startedAt = new Date(BEGAN_MS + at * MINUTE_MS);
  return {
    id: `run-${String(at).padStart(3, '0')}`,
    temporal_run_id: `execution-${at}`,
    tenant: 'default',
    source: 'shop',
    definition_digest: 'definition',
    trigger: 'schedule',
    status: 'held' as const,
    phase: 'done',
    started_at: startedAt,
    nominal_at: startedAt,
    finished_at: new Date(startedAt.getTime() + 1000),
  };
}

test('the newest of very many runs are among those since a time, the oldest of them first', async () => {
  const runs = Array.from({ length: 250 }, (_, at) => run(at));
  await db.insertInto('runs').values(runs).execute();

  const found = await runsSince(db, { tenant: 'default', source: 'shop' }, new Date(BEGAN_MS));

  expect(found).toHaveLength(200);
  expect([found[0]?.run, found.at(-1)?.run]).toEqual(['run-050', 'run-249']);
});
