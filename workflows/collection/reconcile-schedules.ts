import { proxyActivities, setCurrentDetails, setWorkflowOptions } from '@temporalio/workflow';
import * as retry from '../retry.ts';
import type { ReconcileSchedulesReport, ScheduleActivities } from './activities.ts';

// Ten thousand schedules at 88 creations a second need two minutes (measured, Nov 2026); the retry goes on where it ended.
const schedules = proxyActivities<ScheduleActivities>({
  ...retry.quick,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '1 minute',
  scheduleToCloseTimeout: '12 minutes',
});

/** A mark this old was announced and not heard. */
const OVERDUE_MS = 300_000;

setWorkflowOptions({ failureExceptionTypes: [Error] }, reconcileSchedules);

/** Every quarter of an hour: Temporal's schedules follow the revision in force, and changes whose announcement was lost are announced again. */
export async function reconcileSchedules(): Promise<ReconcileSchedulesReport> {
  const report = await schedules.reconcileSchedules.executeWithOptions(
    { summary: 'compare schedules with the revision in force' },
    [],
  );
  await schedules.requestOverdueSyncs.executeWithOptions(
    { summary: 'wake syncs that were not heard' },
    [{ olderThanMs: OVERDUE_MS }],
  );
  const { refused, ...counts } = report;
  const numbers = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  setCurrentDetails(`### Schedules\n\n${numbers.join(', ')}${refused ? `\n\n**${refused}**` : ''}`);
  return report;
}
