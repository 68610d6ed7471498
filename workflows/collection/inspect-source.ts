import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { InspectionActivities, InspectionReport, InspectSourceInput } from './activities.ts';
import { NON_RETRYABLE } from '../failures.ts';

export interface InspectSourceWorkflowInput extends InspectSourceInput {
  readonly v: 1;
  readonly taskQueue: string;
}

setWorkflowOptions({ failureExceptionTypes: [Error] }, inspectSource);

/** Behind `check`, `discover`, `preview` and `explain`: a workflow, so that it runs where the source's secrets and network are, and shows in the UI. */
export async function inspectSource({
  taskQueue,
  v: _v,
  ...input
}: InspectSourceWorkflowInput): Promise<InspectionReport> {
  const activities = proxyActivities<InspectionActivities>({
    taskQueue,
    startToCloseTimeout: '3 minutes',
    scheduleToCloseTimeout: '5 minutes',
    heartbeatTimeout: '30 seconds',
    // A person waits for the answer: two attempts, then the reason.
    retry: {
      maximumAttempts: 2,
      initialInterval: '1 second',
      nonRetryableErrorTypes: [...NON_RETRYABLE],
    },
  });
  return activities.inspectSource.executeWithOptions({ summary: `${input.verb} ${input.source}` }, [
    input,
  ]);
}
