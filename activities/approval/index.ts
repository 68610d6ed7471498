import { log } from '@temporalio/activity';
import { acceptBaseline } from '../../adapters/postgres/baselines.ts';
import { recordHeldVerification } from '../../adapters/postgres/held-deletions.ts';
import {
  readHeldVerdict,
  recordHeldReminder,
  recordHeldVerdict,
} from '../../adapters/postgres/held-sets.ts';
import { requireRest } from '../../adapters/postgres/source-at-rest.ts';
import type { ApprovalActivities } from '../../workflows/approval/activities.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { failure } from '../../workflows/failures.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { deleteHeld } from './delete-held.ts';
import { tellOfReminder, tellOfVerdict } from './tell-of-question.ts';
import { verifyRemovals } from './verify-removals.ts';

/** Every activity of the area, out of the same dependencies as collecting. */
export function approvalActivities(deps: CollectionDependencies): ApprovalActivities {
  const { db } = deps;
  return {
    readHeldSet: (set) => readHeldVerdict(db, set),
    async recordVerdict(verdict) {
      const recorded = await recordHeldVerdict(db, verdict);
      await tellOfVerdict(verdict, recorded, deps);
      return recorded;
    },
    async recordReminder(reminder) {
      const { source, reminders, to } = reminder;
      log.warn('a held set waits for a person', { source, reminders, to });
      await recordHeldReminder(db, reminder);
      await tellOfReminder(reminder, deps);
    },
    deleteHeld: (input) => deleteHeld(input, deps),
    verifyRemovals: (input) => verifyRemovals(input, deps),
    recordVerification: (input) => recordHeldVerification(db, input),
    async acceptBaseline(set) {
      await requireRest(db, set, (run) => deps.approvals.isRunning(run));
      if (!(await acceptBaseline(db, set)))
        throw failure(
          'NotFound',
          `Held set "${shortDigest(set.digest)}" of source "${set.source}" is not approved any more. Run the source again: what is still wrong is asked about anew.`,
        );
    },
  };
}
