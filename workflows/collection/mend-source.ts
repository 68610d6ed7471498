import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import { NON_RETRYABLE } from '../failures.ts';
import type { MendingActivities, MendReport, MendSourceInput } from './mending.ts';

export interface MendSourceWorkflowInput {
  readonly v: 1;
  readonly mend: MendSourceInput;
}

const { mendSource: mend } = proxyActivities<MendingActivities>({
  taskQueue: 'collect',
  // Ten documents a request and five requests a second: 100,000 need the better part of an hour.
  startToCloseTimeout: '3 hours',
  scheduleToCloseTimeout: '6 hours',
  heartbeatTimeout: '1 minute',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 2,
    maximumInterval: '30 seconds',
    maximumAttempts: 8,
    nonRetryableErrorTypes: [...NON_RETRYABLE],
  },
});

setWorkflowOptions({ failureExceptionTypes: [Error] }, mendSource);

/** Behind `reindex` and `forget`: a workflow, so that a long one goes on without the person who asked for it. */
export async function mendSource({ mend: input }: MendSourceWorkflowInput): Promise<MendReport> {
  return mend(input);
}
