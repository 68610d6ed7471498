import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { endOrphanedRuns } from '../../../activities/collection/end-orphaned-runs.ts';
import { openRun } from '../../../adapters/postgres/runs.ts';
import { withCollecting } from './collecting.ts';

const newSource = withCollecting();

test('a run whose workflow is closed is ended, one that is open or wrote a moment ago is left', async () => {
  const { db } = await newSource();
  const at = new Date();
  for (const id of ['terminated', 'open', 'fresh']) {
    await openRun(db, {
      id,
      temporalRunId: `t-${id}`,
      tenant: 'default',
      source: id,
      digest: 'd',
      trigger: 'schedule',
      startedAt: at,
      nominalAt: at,
    });
  }
  await sql`update runs set updated_at = now() - interval '1 hour' where id in ('terminated', 'open')`.execute(
    db,
  );

  const ended = await endOrphanedRuns({ db, isWorkflowOpen: async (id) => id === 'open' });

  const rows = await db
    .selectFrom('runs')
    .select(['id', 'status', 'failure'])
    .where('id', 'in', ['terminated', 'open', 'fresh'])
    .orderBy('id')
    .execute();
  expect(ended).toBe(1);
  expect(rows).toEqual([
    { id: 'fresh', status: 'running', failure: null },
    { id: 'open', status: 'running', failure: null },
    { id: 'terminated', status: 'failed', failure: 'Unavailable' },
  ]);
});
