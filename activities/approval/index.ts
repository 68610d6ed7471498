import { log } from '@temporalio/activity';
import { recordHeldVerification } from '../../adapters/postgres/held-deletions.ts';
import {
  readHeldVerdict,
  recordHeldReminder,
  recordHeldVerdict,
} from '../../adapters/postgres/held-sets.ts';
import type { ApprovalActivities } from '../../workflows/approval/activities.ts';
import type { CollectionDependencies } from '../collection/dependencies.ts';
import { deleteHeld } from './delete-held.ts';
import { verifyRemovals } from './verify-removals.ts';

/** Every activity of the area, out of the same dependencies as collecting. */
export function approvalActivities(deps: CollectionDependencies): ApprovalActivities {
  const { db } = deps;
  return {
    readHeldSet: (set) => readHeldVerdict(db, set),
    recordVerdict: (verdict) => recordHeldVerdict(db, verdict),
    async recordReminder(reminder) {
      const { source, reminders, to } = reminder;
      log.warn('held deletions wait for a person', { source, reminders, to });
      await recordHeldReminder(db, reminder);
    },
    deleteHeld: (input) => deleteHeld(input, deps),
    verifyRemovals: (input) => verifyRemovals(input, deps),
    recordVerification: (input) => recordHeldVerification(db, input),
  };
}
