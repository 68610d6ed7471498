import type { Database } from '../../adapters/postgres/database.ts';
import { storeCalibration } from '../../adapters/postgres/gate-calibrations.ts';
import { readOutcomes } from '../../adapters/postgres/repair-outcomes.ts';
import type { RecalibrationReport } from '../../workflows/repair/calibration-activities.ts';
import { measure } from '../../workflows/repair/calibration-metrics.ts';
import { resolved } from '../../workflows/repair/gate-outcome.ts';
import { recalibrate } from '../../workflows/repair/recalibrate.ts';
import { withHeartbeat } from '../heartbeat.ts';

const SHOWN = 10;

/** Fits, measures and stores, under one lock: two of them at a time make one calibration, and the same outcomes make none. */
export function recalibrateGate({ db }: { readonly db: Database }): Promise<RecalibrationReport> {
  return withHeartbeat(
    () => ({ phase: 'fitting' }),
    async () => {
      const now = new Date();
      let said: Pick<RecalibrationReport, 'resolved' | 'changes' | 'alarms'> = NOTHING;
      const { version, stored } = await storeCalibration(db, async (newest, transaction) => {
        const outcomes = await readOutcomes(transaction, now);
        const made = recalibrate(outcomes, newest?.calibration, now.getTime());
        const metrics = measure(outcomes, made.calibration, now.getTime());
        said = {
          resolved: resolved(outcomes, now.getTime()).length,
          changes: made.changes.slice(0, SHOWN),
          alarms: metrics.alarms.slice(0, SHOWN),
        };
        return { ...made, metrics };
      });
      return { version, stored, ...said };
    },
  );
}

const NOTHING = { resolved: 0, changes: [], alarms: [] } as const;
