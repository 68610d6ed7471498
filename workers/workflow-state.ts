import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** False when the execution has ended, or is older than what Temporal keeps. */
export async function isWorkflowOpen(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId, runId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
