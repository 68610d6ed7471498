import { proxyActivities, setCurrentDetails, setWorkflowOptions } from '@temporalio/workflow';
import * as retry from '../retry.ts';
import type { FreshnessActivities, FreshnessReport } from './activities.ts';

// Ten thousand sources are listed and judged within seconds; the next look comes in five minutes.
const watch = proxyActivities<FreshnessActivities>({
  ...retry.quick,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: '1 minute',
  scheduleToCloseTimeout: '3 minutes',
});

setWorkflowOptions({ failureExceptionTypes: [Error] }, watchFreshness);

/** Every five minutes: how old is what we have, who is late, and does anything wait to be told? */
export async function watchFreshness(): Promise<FreshnessReport> {
  const report = await watch.watchFreshness.executeWithOptions(
    { summary: 'compare ages with schedules' },
    [],
  );
  setCurrentDetails(detailsOf(report));
  return report;
}

function detailsOf({ counted, late, share, shown }: FreshnessReport): string {
  const head = `### Freshness\n\n${counted - late} of ${counted} sources are fresh (${(share * 100).toFixed(1)} %).`;
  if (late === 0) return head;
  const more = late > shown.length ? ` and ${late - shown.length} more` : '';
  return `${head}\n\n**Late:** ${shown.join(', ')}${more}\n\n    npm run cli -- sources --stale`;
}
