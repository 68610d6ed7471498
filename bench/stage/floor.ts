import { performance } from 'node:perf_hooks';
import type { Client } from '@temporalio/client';
import { percentile } from '../measure/statistics.ts';
import { figure, type Figure } from '../report.ts';
import type { countWork, doNothing, takeUpdates } from '../workflows/floor.ts';

const TASK_QUEUE = 'orchestration';
const GROUP = 'floor of worker and server';
/** Requests at once where throughput is measured. */
const AT_ONCE = 20;

/** What Temporal costs by itself here: nothing built on it can be faster. */
export async function measureFloor(client: Client, times: number): Promise<readonly Figure[]> {
  return [
    figure(GROUP, 'no-op workflows', await perSecond(times, () => noOp(client)), 'workflows/s'),
    figure(GROUP, 'activity round trip', await activityRoundTripMs(client, times), 'ms'),
    ...(await updateRoundTrips(client, times)),
    figure(GROUP, 'schedule creates', await scheduleCreates(client, times), 'schedules/s'),
  ];
}

async function noOp(client: Client): Promise<void> {
  await client.workflow.execute<typeof doNothing>('doNothing', {
    taskQueue: TASK_QUEUE,
    workflowId: `no-op:${crypto.randomUUID()}`,
  });
}

/** One after the other inside one workflow, so that starting it hardly counts. */
async function activityRoundTripMs(client: Client, times: number): Promise<number> {
  const startedMs = performance.now();
  await client.workflow.execute<typeof countWork>('countWork', {
    taskQueue: TASK_QUEUE,
    workflowId: `work:${crypto.randomUUID()}`,
    args: [times],
  });
  return (performance.now() - startedMs) / times;
}

async function updateRoundTrips(client: Client, times: number): Promise<readonly Figure[]> {
  const handle = await client.workflow.start<typeof takeUpdates>('takeUpdates', {
    taskQueue: TASK_QUEUE,
    workflowId: `updates:${crypto.randomUUID()}`,
  });
  const latenciesMs: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const startedMs = performance.now();
    await handle.executeUpdate('ping');
    latenciesMs.push(performance.now() - startedMs);
  }
  await handle.signal('end');
  await handle.result();
  return [
    figure(GROUP, 'update round trip, p50', percentile(latenciesMs, 0.5), 'ms'),
    figure(GROUP, 'update round trip, p95', percentile(latenciesMs, 0.95), 'ms'),
  ];
}

async function scheduleCreates(client: Client, times: number): Promise<number> {
  const ids: string[] = [];
  const rate = await perSecond(times, async () => {
    const scheduleId = `floor:${crypto.randomUUID()}`;
    ids.push(scheduleId);
    await client.schedule.create({
      scheduleId,
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'doNothing', taskQueue: TASK_QUEUE },
      state: { paused: true },
    });
  });
  for (const id of ids) await client.schedule.getHandle(id).delete();
  return rate;
}

async function perSecond(times: number, work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < times) {
      started += 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return times / ((performance.now() - startedMs) / 1000);
}
