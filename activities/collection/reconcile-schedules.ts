import { cancellationSignal } from '@temporalio/activity';
import { forgetOldHosts } from '../../adapters/postgres/host-limits.ts';
import { reconcileRevision } from '../../adapters/temporal/reconcile.ts';
import type { ReconcileSchedulesReport } from '../../workflows/collection/activities.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { forgetAbandonedCrawls } from '../../adapters/postgres/crawls.ts';
import { forgetOldModelSteps } from '../../adapters/postgres/model-steps.ts';
import { endOrphanedRuns } from './end-orphaned-runs.ts';

/** A crawl goes on with the next run of its source; with none for so long, the source is gone or paused. */
const ABANDONED_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Makes Temporal's schedules those of the revision in force, and the rows of runs agree with their workflows. No change means no write; a retry
 * goes on where it ended.
 */
export function reconcileStoredSchedules(
  deps: Pick<CollectionDependencies, 'db' | 'schedules' | 'isWorkflowOpen'>,
): Promise<ReconcileSchedulesReport> {
  const { db, schedules } = deps;
  const progress = { applied: 0 };
  return withHeartbeat(
    () => progress,
    async () => {
      await endOrphanedRuns(deps);
      await forgetAbandonedCrawls(deps.db, ABANDONED_MS);
      await forgetOldHosts(deps.db, ABANDONED_MS);
      await forgetOldModelSteps(deps.db);
      return reconcileRevision(db, schedules, {
        now: new Date(),
        signal: cancellationSignal(),
        onApplied: () => {
          progress.applied += 1;
        },
      });
    },
  );
}
