import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { FreshnessReport } from '../../workflows/collection/activities.ts';
import type { watchFreshness } from '../../workflows/collection/watch-freshness.ts';
import { failure } from '../../workflows/failures.ts';
import { wakeTeller } from '../../workers/wake-teller.ts';
import { tellerWorkflowId } from '../../workflows/notices/ids.ts';
import { noticeFakes } from '../fakes/notice-activities.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const fakes = noticeFakes();
let looks: (() => Promise<FreshnessReport>)[] = [];
const workers = withWorkers({
  activities: {
    ...fakes.activities,
    watchFreshness: () => looks.shift()?.() ?? fakes.activities.watchFreshness(),
  },
});
beforeEach(() => {
  looks = [];
});

async function watch() {
  const handle = await workers().client.workflow.start<typeof watchFreshness>('watchFreshness', {
    workflowId: `watch-${randomUUID()}`,
    taskQueue: 'orchestration',
    args: [],
  });
  const report = await handle.result();
  return { report, details: JSON.stringify(await handle.query('__temporal_workflow_metadata')) };
}

test('the share, the late ones and the command stand in the details', async () => {
  const { report, details } = await watch();

  expect(report).toMatchObject({ counted: 40, late: 12 });
  expect(details).toContain('28 of 40 sources are fresh (70.0 %).');
  expect(details).toContain('articles, pages and 10 more');
  expect(details).toContain('npm run cli -- sources --stale');
});

test('a database that does not answer is asked again', async () => {
  looks = [() => Promise.reject(failure('Unavailable', 'The database did not answer.'))];

  const { report } = await watch();

  expect(report.late).toBe(12);
});

test('a wake-up that comes while the last look is under way is not lost', async () => {
  const { client } = workers();
  const looking = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  fakes.script('busy', [
    async () => {
      looking.resolve();
      await woken.promise;
      return { delivered: 0 };
    },
    async () => ({ delivered: 1 }),
  ]);
  await wakeTeller(client, 'busy');
  await looking.promise;
  await wakeTeller(client, 'busy');
  woken.resolve();
  await client.workflow.getHandle(tellerWorkflowId('busy')).result();

  expect(fakes.asked.get('busy')).toBeGreaterThanOrEqual(2);
});

test('a teller that has to wait for the next minute goes on by itself', async () => {
  const { client } = workers();
  fakes.script('limited', [
    async () => ({ delivered: 10, waitMs: 100 }),
    async () => ({ delivered: 2 }),
  ]);
  await wakeTeller(client, 'limited');
  const handle = client.workflow.getHandle(tellerWorkflowId('limited'));
  await handle.result();

  expect(fakes.asked.get('limited')).toBe(2);
  expect(JSON.stringify(await handle.query('__temporal_workflow_metadata'))).toContain(
    '12 messages delivered',
  );
});
