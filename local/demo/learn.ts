import { readCalibration } from '../../adapters/postgres/gate-calibrations.ts';
import { stratumOf } from '../../workflows/repair/calibration.ts';
import { DEMO_FAILURE, DEMO_FAMILY, seedOutcomes } from './seed-outcomes.ts';
import { until, type Stage } from './story.ts';

/** Makes up outcomes, and lets the gate learn from them as it does every hour. */
export async function learnFromOutcomes(stage: Stage): Promise<void> {
  const { db, schedules, screen } = stage;
  const count = await seedOutcomes(db);
  stage.chapter(
    `${count} outcomes of earlier repairs are made up and marked as synthetic; the gate learns from them`,
  );
  const calibration = await until(stage, 'The calibration of the gate', async () => {
    const newest = await readCalibration(db, STRATUM, new Date());
    if (newest.version > 0) return newest;
    await schedules.trigger('system:recalibrateGate').catch(() => undefined);
    return undefined;
  });
  screen.line(`  ✓ calibration ${calibration.version} is in force`);
}

const STRATUM = stratumOf(DEMO_FAMILY, DEMO_FAILURE);
