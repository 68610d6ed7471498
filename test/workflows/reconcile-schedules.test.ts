import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type {
  ReconcileSchedulesReport,
  ScheduleActivities,
} from '../../workflows/collection/activities.ts';
import type { reconcileSchedules } from '../../workflows/collection/reconcile-schedules.ts';
import { failure } from '../../workflows/failures.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const NOTHING = { created: 0, updated: 0, paused: 0, unpaused: 0, deleted: 0, unchanged: 9 };
let reports: (() => Promise<ReconcileSchedulesReport>)[] = [];
const asked: number[] = [];
const activities: ScheduleActivities = {
  reconcileSchedules: () => (reports.shift() ?? (() => Promise.resolve(NOTHING)))(),
  requestOverdueSyncs({ olderThanMs }) {
    asked.push(olderThanMs);
    return Promise.resolve(2);
  },
};
const workers = withWorkers({ activities });

async function reconcile(...planned: typeof reports) {
  reports = planned;
  asked.length = 0;
  const handle = await workers().client.workflow.start<typeof reconcileSchedules>(
    'reconcileSchedules',
    { workflowId: `reconcile-schedules-${randomUUID()}`, taskQueue: 'orchestration', args: [] },
  );
  const report = await handle.result();
  return { report, details: JSON.stringify(await handle.query('__temporal_workflow_metadata')) };
}

test('reports what it changed, and wakes what was not heard for five minutes', async () => {
  const { report, details } = await reconcile(() => Promise.resolve({ ...NOTHING, created: 3 }));

  expect(report).toEqual({ ...NOTHING, created: 3 });
  expect(asked).toEqual([300_000]);
  expect(details).toContain('3 created');
});

test('goes on after a server that did not answer', async () => {
  const { report } = await reconcile(() =>
    Promise.reject(failure('Unavailable', 'Temporal did not answer.')),
  );

  expect(report).toEqual(NOTHING);
});

test('shows why it refused, and wakes the syncs all the same', async () => {
  const refused = '40 of 100 schedules would be removed.';

  const { report, details } = await reconcile(() => Promise.resolve({ ...NOTHING, refused }));

  expect(report.refused).toBe(refused);
  expect(details).toContain(refused);
  expect(asked).toEqual([300_000]);
});
