import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { recalibrateGate } from '../../workflows/repair/recalibrate-gate.ts';
import { calibrationFakes } from '../fakes/calibration-activities.ts';
import { withWorkers } from '../set-up/workflow-workers.ts';

const workers = withWorkers({ activities: calibrationFakes });

test('what the gate learned stands in the details', async () => {
  const handle = await workers().client.workflow.start<typeof recalibrateGate>('recalibrateGate', {
    workflowId: `recalibrate-${randomUUID()}`,
    taskQueue: 'orchestration',
    args: [],
  });

  const report = await handle.result();
  const details = JSON.stringify(await handle.query('__temporal_workflow_metadata'));

  expect(report).toMatchObject({ version: 7, stored: true });
  expect(details).toContain('84 outcomes are known. Calibration 7 is in force now.');
  expect(details).toContain('needed p ≥ 0.950 before');
  expect(details).toContain('**Alarm:**');
});
