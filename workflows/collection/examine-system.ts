import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import { NON_RETRYABLE } from '../failures.ts';
import type {
  ExaminationActivities,
  ExaminationReport,
  ExamineSystemInput,
} from './examination.ts';

export interface ExamineSystemWorkflowInput extends ExamineSystemInput {
  readonly v: 1;
}

const { examineSystem: examine } = proxyActivities<ExaminationActivities>({
  taskQueue: 'collect',
  // A listing of a million objects takes some minutes.
  startToCloseTimeout: '1 hour',
  scheduleToCloseTimeout: '2 hours',
  heartbeatTimeout: '1 minute',
  // A person waits for the answer: two attempts, then the reason.
  retry: {
    maximumAttempts: 2,
    initialInterval: '1 second',
    nonRetryableErrorTypes: [...NON_RETRYABLE],
  },
});

setWorkflowOptions({ failureExceptionTypes: [Error] }, examineSystem);

/** Behind `doctor`: a workflow, so that it runs where S3 and the knowledge bases can be reached, and shows in the UI. */
export async function examineSystem({
  v: _v,
  ...input
}: ExamineSystemWorkflowInput): Promise<ExaminationReport> {
  return examine(input);
}
