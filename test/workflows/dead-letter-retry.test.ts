import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { requestRetry } from '../../adapters/postgres/dead-letters.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { requestRun } from '../../adapters/postgres/run-requests.ts';
import { reconcileRevision } from '../../adapters/temporal/reconcile.ts';
import { createSchedules, type Schedules } from '../../adapters/temporal/schedules.ts';
import { activityInterceptor } from '../../workers/activity-interceptor.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { realActivities } from '../set-up/real-activities.ts';
import { withStores, type Stores } from '../set-up/stores.ts';
import { temporaryFolder } from '../set-up/temporary-folder.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const stores = withStores();
let db: Stores['db'];
let cloud: Stores['cloud'];
let schedules: Schedules;

beforeAll(() => {
  ({ db, cloud } = stores());
});

const workers = withWorkers({
  activities: (temporal) => realActivities({ ...stores(), temporal }),
  options: { interceptors: { activity: [() => ({ inbound: activityInterceptor() })] } },
});

interface Run {
  readonly trigger: string;
  readonly status: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly listing: boolean | null;
}

/** The schedule starts a run, as for a person; answers its row when it has ended. */
async function run(): Promise<Run> {
  const triggered = await schedules.trigger('source:notes');
  if (triggered.outcome !== 'started') throw new Error('No run was started.');
  const { workflowId } = triggered.run;
  await workers().client.workflow.getHandle(workflowId).result();
  await sleep(500);
  const { rows } = await sql<Run>`
    select trigger, status, counts, listing_complete as listing from runs where id = ${workflowId}`.execute(
    db,
  );
  return rows[0] as Run;
}

async function letters(): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select doc_id as id from dead_letters`.execute(db);
  return rows.map(({ id }) => id);
}

test('R6 a row behind the watermark is tried again by a verb alone, and by the next run of itself', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'notes.db');
  const change = (statements: string): void => {
    const database = new DatabaseSync(file);
    database.exec(statements);
    database.close();
  };
  change(`
    CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, changed TEXT);
    INSERT INTO notes VALUES (1, 'One', '2026-01-01'), (2, '', '2026-01-02'), (3, '', '2026-01-03'), (4, 'Four', '2026-01-04');`);
  schedules = createSchedules(workers().client);
  const { knowledgeBaseId, dataSourceId } = await cloud.dataSource('');
  const base = sourceDefinition({ id: 'notes' });
  const config = {
    url: `sqlite:${file}`,
    table: 'notes',
    cursor: 'changed',
    keyScan: 'never',
    body: 'body',
  };
  const knowledgeBase = {
    ...base.knowledgeBase,
    knowledgeBaseId,
    dataSourceId,
    bucket: cloud.bucket,
  };
  await storeRevision(db, { definitions: [{ ...base, config, knowledgeBase }], author: 'test' });
  await reconcileRevision(db, schedules, { now: new Date(), force: true });

  const first = await run();
  const failed = await letters();
  // Mended without a word to the cursor column.
  change(
    `UPDATE notes SET body = 'Two' WHERE id = 2; UPDATE notes SET body = 'Three' WHERE id = 3;`,
  );
  const reference = { tenant: 'default', source: 'notes' };
  await requestRetry(db, { ...reference, ids: ['["2"]'] });
  await requestRun(db, reference, 'dead-letters');
  const retried = await run();
  const left = await letters();
  const next = await run();

  expect(first).toMatchObject({
    trigger: 'manual',
    status: 'partial',
    counts: { added: 2, failed: 2 },
  });
  expect(failed.toSorted()).toEqual(['["2"]', '["3"]']);
  expect(retried).toMatchObject({
    trigger: 'dead-letters',
    status: 'succeeded',
    counts: { added: 1 },
    listing: false,
  });
  expect(left).toEqual(['["3"]']);
  expect(next).toMatchObject({ trigger: 'manual', status: 'succeeded', counts: { added: 1 } });
  expect(await letters()).toEqual([]);
});
