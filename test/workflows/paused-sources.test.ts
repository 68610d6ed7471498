import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { readSuspension } from '../../adapters/postgres/source-health.ts';
import { reconcileRevision } from '../../adapters/temporal/reconcile.ts';
import { createSchedules, type Schedules } from '../../adapters/temporal/schedules.ts';
import { activityInterceptor } from '../../workers/activity-interceptor.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { realActivities } from '../set-up/real-activities.ts';
import { withStores, type Stores } from '../set-up/stores.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const stores = withStores();
let db: Stores['db'];
let cloud: Stores['cloud'];

beforeAll(() => {
  ({ db, cloud } = stores());
});

const workers = withWorkers({
  activities: (temporal) => realActivities({ ...stores(), temporal }),
  options: { interceptors: { activity: [() => ({ inbound: activityInterceptor() })] } },
});

interface Stage {
  readonly id: string;
  readonly schedules: Schedules;
  readonly schedule: string;
  /** Puts a script in force that ends with this code, and makes the schedules follow. */
  readonly apply: (exitCode: number, title?: string) => Promise<void>;
  /** The schedule starts a run, and this waits for its end. */
  readonly run: () => Promise<void>;
  readonly reconcile: () => Promise<void>;
}

async function stage(): Promise<Stage> {
  const id = `script-${randomUUID().slice(0, 8)}`;
  const schedules = createSchedules(workers().client);
  const schedule = `source:${id}`;
  const { knowledgeBaseId, dataSourceId } = await cloud.dataSource('');
  const reconcile = async (): Promise<void> => {
    // What was written a moment ago may be missing in the listing.
    await eventually(async () => (await schedules.list()).some((one) => one.id === schedule));
    await reconcileRevision(db, schedules, { now: new Date(), force: true });
  };
  return {
    id,
    schedules,
    schedule,
    async apply(exitCode, title = id) {
      const base = sourceDefinition({ id, title, type: 'script' });
      const place = { knowledgeBaseId, dataSourceId, bucket: cloud.bucket };
      const definition: SourceDefinition = {
        ...base,
        config: { command: ['sh', '-c', `exit ${exitCode}`] },
        knowledgeBase: { ...base.knowledgeBase, ...place },
      };
      await storeRevision(db, { definitions: [definition], author: 'test' });
      await reconcileRevision(db, schedules, { now: new Date(), force: true });
    },
    async run() {
      const triggered = await schedules.trigger(schedule);
      if (triggered.outcome !== 'started') throw new Error('No run was started.');
      await workers()
        .client.workflow.getHandle(triggered.run.workflowId)
        .result()
        .catch(() => undefined);
      // The id of a run has its second, and the schedule must have seen the end.
      await sleep(1100);
    },
    reconcile,
  };
}

test('R10 five runs without progress pause the schedule, and resuming begins anew', async () => {
  const { id, schedules, schedule, apply, run, reconcile } = await stage();
  await apply(1);

  for (let count = 1; count <= 4; count += 1) await run();
  const afterFour = await schedules.describe(schedule);
  await run();
  const afterFive = await schedules.describe(schedule);

  expect(afterFour?.paused).toBe(false);
  expect(afterFive).toMatchObject({
    paused: true,
    note: expect.stringMatching(
      /^managed:suspended since .* UTC\. ScriptError: 5 runs in a row confirmed no document\./,
    ),
  });
  await reconcile();
  expect((await schedules.describe(schedule))?.paused).toBe(true);

  // As somebody does in the Temporal Web UI.
  await schedules.unpause(schedule, 'ana looks');
  await eventually(async () =>
    (await schedules.list()).some((one) => one.id === schedule && !one.paused),
  );
  await reconcile();
  const { rows } = await sql<{ idle: number }>`
    select idle_runs as idle from source_health where source = ${id}`.execute(db);
  expect((await schedules.describe(schedule))?.paused).toBe(false);
  expect(rows).toEqual([{ idle: 0 }]);
});

test('R9 a definition that cannot work pauses its schedule at once, and another one lets it run', async () => {
  const { id, schedules, schedule, apply, run, reconcile } = await stage();
  await apply(78);

  await run();
  const paused = await schedules.describe(schedule);
  await eventually(async () =>
    (await schedules.list()).some((one) => one.id === schedule && one.paused),
  );
  await reconcile();
  const still = await schedules.describe(schedule);
  await apply(0, 'Mended');
  const mended = await schedules.describe(schedule);

  expect(paused?.note).toMatch(/InvalidConfig: .*"npm run cli -- resume/);
  expect(still?.note).toBe(paused?.note);
  expect(mended).toMatchObject({ paused: false, note: 'managed:enabled' });
  expect(await readSuspension(db, { tenant: 'default', source: id })).toBeUndefined();
});

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It did not come about within 20 seconds.');
    await sleep(200);
  }
}
