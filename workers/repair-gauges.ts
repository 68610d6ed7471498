import { countOpenIncidents, readClosedRepairs } from '../adapters/postgres/closed-repairs.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { repairMetrics, type Quantiles, type RepairMetrics } from '../workflows/repair/metrics.ts';

/** Long enough for rare outcomes, short enough to see a change. */
const WINDOW_MS = 90 * 86_400_000;

/** What repairs were worth in the last 90 days, as lines of Prometheus. A share of nothing is left out. */
export async function repairGauges(db: Database): Promise<readonly string[]> {
  const [open, closed] = await Promise.all([
    countOpenIncidents(db),
    readClosedRepairs(db, new Date(Date.now() - WINDOW_MS)),
  ]);
  const metrics = repairMetrics(closed);
  return [
    ...family('incidents_open', 'Broken things that are not closed.', [['', open]]),
    ...family(
      'repair_outcomes',
      'Incidents closed in the last 90 days, by how they ended.',
      Object.entries(metrics.outcomes).map(([name, count]) => [`outcome="${name}"`, count]),
    ),
    ...shares(metrics),
    ...family(
      'repair_seconds',
      'From the first failure to the end of the first good run on the fix.',
      [
        ...quantiles('decision="gate"', metrics.timeToRepair.gate),
        ...quantiles('decision="people"', metrics.timeToRepair.people),
      ],
    ),
    ...family(
      'repair_waiting_seconds',
      'How long fixes waited for people.',
      quantiles('', metrics.waitingForPeople),
    ),
  ];
}

type Sample = readonly [labels: string, value: number];

function shares(metrics: RepairMetrics): readonly string[] {
  const { fixSuccess, selfHealing, badDeploys, intervention } = metrics;
  const one = (value: number | undefined): readonly Sample[] =>
    value === undefined ? [] : [['', value]];
  return [
    ...family(
      'repair_success_ratio',
      'Share of repairable incidents that a fix has ended as it was proposed.',
      one(fixSuccess),
    ),
    ...family(
      'repair_self_healing_ratio',
      'Share of repairable incidents that ended without a person.',
      one(selfHealing),
    ),
    ...family(
      'repair_bad_deploy_ratio',
      'Share of the deploys without a person that were rolled back.',
      one(badDeploys),
    ),
    ...family(
      'repair_intervention_ratio',
      'Share of repairable incidents in which a person decided, edited or guided.',
      one(intervention),
    ),
  ];
}

function quantiles(labels: string, found: Quantiles | undefined): readonly Sample[] {
  if (!found) return [];
  const start = labels === '' ? '' : `${labels},`;
  return [
    [`${start}quantile="0.5"`, found.p50Ms / 1000],
    [`${start}quantile="0.95"`, found.p95Ms / 1000],
  ];
}

function family(name: string, help: string, samples: readonly Sample[]): readonly string[] {
  if (samples.length === 0) return [];
  const whole = `wellspring_${name}`;
  return [
    `# HELP ${whole} ${help}`,
    `# TYPE ${whole} gauge`,
    ...samples.map(([labels, value]) => `${whole}${labels === '' ? '' : `{${labels}}`} ${value}`),
  ];
}
