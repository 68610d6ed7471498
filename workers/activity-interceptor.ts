import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure, type Next } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { nameFailure } from './name-failure.ts';

/** The one boundary of errors: whatever an activity throws leaves it under one of our names, or as its cancellation. */
export function activityInterceptor(): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
      try {
        return await next(input);
      } catch (error) {
        const { activityType: activity, attempt } = activityInfo();
        const { aborted: cancelled } = cancellationSignal();
        const named = nameFailure(error, { activity, attempt, cancelled });
        if (named instanceof ApplicationFailure) {
          log.warn('activity failed', { failure: named.type, reason: named.message, attempt });
        }
        throw named;
      }
    },
  };
}
