import type { Database } from '../adapters/postgres/database.ts';
import { readClosedRepairs } from '../adapters/postgres/closed-repairs.ts';
import { repairMetrics, type Quantiles, type RepairMetrics } from '../workflows/repair/metrics.ts';
import type { Answer } from './commands/command.ts';
import { tookTime } from './relative-time.ts';
import { percent } from './repair-text.ts';
import { plural } from './text.ts';

const DAYS = 30;

/** What the repairs of the last 30 days were worth. */
export async function metricsAnswer(db: Database, now: Date): Promise<Answer> {
  const since = new Date(now.getTime() - DAYS * 86_400_000);
  const closed = await readClosedRepairs(db, since);
  const metrics = repairMetrics(closed);
  const data = { since, closed: closed.length, ...metrics };
  return { data, text: metricsText(metrics, closed.length) };
}

/** One line a figure; what has nothing to share says so. */
function metricsText(metrics: RepairMetrics, closed: number): string {
  const { outcomes, repairable, timeToRepair, waitingForPeople } = metrics;
  const ended = Object.entries(outcomes).filter(([, count]) => count > 0);
  const rows: readonly (readonly [string, string])[] = [
    ['fixed', share(metrics.fixSuccess, repairable)],
    ['healed without a person', share(metrics.selfHealing, repairable)],
    ['with a person', share(metrics.intervention, repairable)],
    ['bad deploys', share(metrics.badDeploys)],
    ['time to repair, by the gate', span(timeToRepair.gate)],
    ['time to repair, with people', span(timeToRepair.people)],
    ['of it waiting for people', span(waitingForPeople)],
  ];
  return [
    `${plural(closed, 'incident')} ended within ${DAYS} days, ${repairable} of them repairable.`,
    ...ended.map(([outcome, count]) => `  ${outcome.padEnd(27)} ${count}`),
    ...rows.map(([name, value]) => `  ${name.padEnd(27)} ${value}`),
  ].join('\n');
}

function share(part: number | undefined, whole?: number): string {
  if (part === undefined) return 'none yet';
  return `${percent(part)}${whole === undefined ? '' : ` of ${whole}`}`;
}

function span(quantiles: Quantiles | undefined): string {
  if (!quantiles) return 'none yet';
  const { n, p50Ms, p95Ms } = quantiles;
  return `half within ${tookTime(p50Ms)}, 95 % within ${tookTime(p95Ms)} (${n})`;
}
