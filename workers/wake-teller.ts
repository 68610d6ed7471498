import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from '@temporalio/client';
import { callTemporal } from '../adapters/temporal/errors.ts';
import { tellerWorkflowId } from '../workflows/notices/ids.ts';
import { wakeSignal } from '../workflows/notices/messages.ts';
import type { tellPeople } from '../workflows/notices/tell-people.ts';

/** Starts the teller of a webhook, or wakes the running one, in one request. */
export async function wakeTeller(client: Client, webhook: string): Promise<void> {
  const workflowId = tellerWorkflowId(webhook);
  await callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.signalWithStart<typeof tellPeople>('tellPeople', {
      workflowId,
      taskQueue: 'orchestration',
      args: [{ v: 1, webhook }],
      signal: wakeSignal,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `Tell webhook ${webhook}`,
      staticDetails: `Posts open notices to webhook \`${webhook}\`. What waits, and why: \`npm run cli -- notices\`.`,
    }),
  );
}
