import {
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  type WorkflowHandle,
} from '@temporalio/client';
import type { Incident } from '../adapters/postgres/incidents.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';
import { whereItRuns } from '../adapters/temporal/where-it-runs.ts';
import { repairWorkflowId } from '../workflows/repair/ids.ts';
import {
  killSignal,
  rollbackSignal,
  runFinishedSignal,
  type FinishedRun,
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
  const handle = client.workflow.getHandle(repairWorkflowId(tenant, source));
  return isTold(handle, () => handle.signal(killSignal, order));
}

/** Makes a repair that waits look again at once. False when none runs. */
export async function wakeRepair(
  { client }: Temporal,
  { tenant, source, run }: Pick<Incident, 'tenant' | 'source' | 'run'>,
): Promise<boolean> {
  const handle = client.workflow.getHandle(repairWorkflowId(tenant, source));
  // The rows say how the run ended; the message only wakes.
  const looked: FinishedRun = { run: run ?? '', status: 'held' };
  return isTold(handle, () => handle.signal(runFinishedSignal, looked));
}

function isTold({ workflowId }: WorkflowHandle, send: () => Promise<void>): Promise<boolean> {
  return whereItRuns(workflowId, () => send().then(() => true), false);
}
