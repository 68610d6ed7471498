import { readOutcomes } from '../../adapters/postgres/repair-outcomes.ts';
import { stratumOf } from '../../workflows/repair/calibration.ts';
import { remembered } from '../../workflows/repair/confidence.ts';
import type { RepairDependencies } from './dependencies.ts';

const HALF_LIFE_MS = 90 * 86_400_000;

/** How fixes of this family went at this failure, against all: see `remembered`. Labels that are not known yet say nothing. */
export async function memoryFeature(
  { family, failure }: { readonly family: string; readonly failure: string },
  { db }: Pick<RepairDependencies, 'db'>,
): Promise<number> {
  const now = new Date();
  const known = (await readOutcomes(db, now)).filter(
    ({ label }) => label === 'success' || label === 'failure',
  );
  const weigh = (outcomes: typeof known, label?: string): number =>
    outcomes
      .filter((one) => label === undefined || one.label === label)
      .reduce((sum, one) => sum + 0.5 ** ((now.getTime() - one.decidedAtMs) / HALF_LIFE_MS), 0);
  const trialsOfAll = weigh(known);
  if (trialsOfAll === 0) return 0;
  const own = known.filter(({ stratum }) => stratum === stratumOf(family, failure));
  return remembered({
    successes: weigh(own, 'success'),
    trials: weigh(own),
    globalRate: weigh(known, 'success') / trialsOfAll,
  });
}
