import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Incident } from '../adapters/postgres/incidents.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';
import { repairWorkflowId } from '../workflows/repair/ids.ts';
import {
  killSignal,
  rollbackSignal,
  type KillOrder,
  type RollbackOrder,
} from '../workflows/repair/messages.ts';
import type { repairSource } from '../workflows/repair/repair-source.ts';

/** Orders that a fix be taken back, whether its repair still runs or ended long ago. */
export async function orderRollback(
  { client }: Temporal,
  { id, tenant, source }: Incident,
  order: Omit<RollbackOrder, 'incident'>,
): Promise<void> {
  const workflowId = repairWorkflowId(tenant, source);
  await callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.signalWithStart<typeof repairSource, [RollbackOrder]>('repairSource', {
      workflowId,
      taskQueue: 'orchestration',
      args: [{ v: 1, tenant, source }],
      signal: rollbackSignal,
      signalArgs: [{ ...order, incident: id }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `Roll back ${source}`,
    }),
  );
}

/** Parks a repair, or lets it go on. False when none runs: then there is nothing to park. */
export async function orderKill(
  { client }: Temporal,
  { tenant, source }: Pick<Incident, 'tenant' | 'source'>,
  order: KillOrder,
): Promise<boolean> {
  const workflowId = repairWorkflowId(tenant, source);
  try {
    await client.workflow.getHandle(workflowId).signal(killSignal, order);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    return callTemporal(`workflow "${workflowId}"`, () => Promise.reject(error));
  }
}
