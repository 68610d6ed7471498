import { WorkflowNotFoundError } from '@temporalio/client';
import { callTemporal } from './errors.ts';

/** Asks or tells a workflow something. Gives `otherwise` when none of that id is there, or it has ended; other errors are ours. */
export function whereItRuns<Answer>(
  workflowId: string,
  call: () => Promise<Answer>,
  otherwise: Answer,
): Promise<Answer> {
  return callTemporal(`workflow "${workflowId}"`, async () => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return otherwise;
      throw error;
    }
  });
}
