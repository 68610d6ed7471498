import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, type Next } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { databaseFailure } from '../adapters/postgres/errors.ts';
import { failure, isFailureName } from '../workflows/failures.ts';

/** A bug is tried again twice: it may come from a state that passes. Then it is loud. */
const DEFECT_ATTEMPTS = 3;

/** The one boundary of errors: whatever an activity throws leaves it under one of our names, or as its cancellation. */
export function activityInterceptor(): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
      try {
        return await next(input);
      } catch (error) {
        const named = withName(error);
        if (named instanceof ApplicationFailure) {
          log.warn('activity failed', {
            failure: named.type,
            reason: named.message,
            attempt: activityInfo().attempt,
          });
        }
        throw named;
      }
    },
  };
}

function withName(error: unknown): unknown {
  if (isCancellation(error)) return error;
  if (error instanceof ApplicationFailure && isFailureName(error.type)) return error;
  const database = databaseFailure(error);
  if (database) return database;
  return defect(error);
}

/** An abort counts as one only when the activity itself was cancelled: code also aborts for reasons of its own. */
function isCancellation(error: unknown): boolean {
  if (error instanceof CancelledFailure) return true;
  return error instanceof Error && error.name === 'AbortError' && cancellationSignal().aborted;
}

function defect(error: unknown): ApplicationFailure {
  const message = error instanceof Error ? error.message : String(error);
  const made = failure('Defect', `"${activityInfo().activityType}" broke: ${message}`, {
    cause: error,
  });
  if (activityInfo().attempt < DEFECT_ATTEMPTS) return made;
  return ApplicationFailure.create({ message: made.message, type: 'Defect', nonRetryable: true });
}
