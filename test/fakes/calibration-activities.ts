import type { CalibrationActivities } from '../../workflows/repair/calibration-activities.ts';

/** A calibration that has become stricter, and does not trust itself. */
export const calibrationFakes: CalibrationActivities = {
  recalibrateGate: () =>
    Promise.resolve({
      version: 7,
      stored: true,
      resolved: 84,
      changes: ['Deploys of "relocate" needed p ≥ 0.950 before, and needed p ≥ 0.965 now.'],
      alarms: ['Probabilities of "relocate" are off by at least 0.09 with 95 % confidence.'],
    }),
};
