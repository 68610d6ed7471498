import { proxyActivities, setCurrentDetails, setWorkflowOptions } from '@temporalio/workflow';
import * as retry from '../retry.ts';
import type { CalibrationActivities, RecalibrationReport } from './calibration-activities.ts';

// Thousands of outcomes are fitted within seconds; the next look comes in an hour.
const calibration = proxyActivities<CalibrationActivities>({
  ...retry.quick,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '1 minute',
  scheduleToCloseTimeout: '30 minutes',
});

setWorkflowOptions({ failureExceptionTypes: [Error] }, recalibrateGate);

/** Every hour: what have outcomes taught, and how far may the gate trust itself? Stricter holds at once, looser comes slowly. */
export async function recalibrateGate(): Promise<RecalibrationReport> {
  const report = await calibration.recalibrateGate.executeWithOptions(
    { summary: 'learn from outcomes' },
    [],
  );
  setCurrentDetails(detailsOf(report));
  return report;
}

function detailsOf({ version, stored, resolved, changes, alarms }: RecalibrationReport): string {
  const news = stored ? `Calibration ${version} is in force now.` : 'Nothing new.';
  return [
    `### Calibration of the gate\n\n${resolved} outcomes are known. ${news}`,
    ...changes.map((change) => `- ${change}`),
    ...alarms.map((alarm) => `- **Alarm:** ${alarm}`),
  ].join('\n');
}
