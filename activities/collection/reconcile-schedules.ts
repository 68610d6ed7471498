import { cancellationSignal } from '@temporalio/activity';
import { reconcileRevision } from '../../adapters/temporal/reconcile.ts';
import type { ReconcileSchedulesReport } from '../../workflows/collection/activities.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { CollectionDependencies } from './dependencies.ts';

/** Makes Temporal's schedules those of the revision in force. No change means no write; a retry goes on where it ended. */
export function reconcileStoredSchedules({
  db,
  schedules,
}: Pick<CollectionDependencies, 'db' | 'schedules'>): Promise<ReconcileSchedulesReport> {
  const progress = { applied: 0 };
  return withHeartbeat(
    () => progress,
    () =>
      reconcileRevision(db, schedules, {
        now: new Date(),
        signal: cancellationSignal(),
        onApplied: () => {
          progress.applied += 1;
        },
      }),
  );
}
