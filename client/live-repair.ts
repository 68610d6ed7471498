import { WorkflowNotFoundError } from '@temporalio/client';
import type { Incident } from '../adapters/postgres/incidents.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import { repairWorkflowId } from '../workflows/repair/ids.ts';
import { repairStatusQuery } from '../workflows/repair/messages.ts';
import type { RepairStatus } from '../workflows/repair/repair-status.ts';
import type { System } from './system.ts';

/**
 * What the workflow of a repair says of itself. `busy`: it works on another incident, or has ended with one. `silent`: nobody answered, for a
 * reason that is a clause for people.
 */
export type LiveRepair =
  | { readonly kind: 'known'; readonly status: RepairStatus; readonly runId: string }
  | { readonly kind: 'busy'; readonly runId: string; readonly with: string | undefined }
  | { readonly kind: 'none' }
  | { readonly kind: 'silent'; readonly because: string; readonly runId?: string };

/** Who asks wants to see something soon; the rows say the rest. */
const ANSWER_WITHIN_MS = 5000;

/** Asks the workflow, and takes no answer for an answer: what the rows say is worth showing without it. */
export async function liveRepair(
  system: System,
  { id, tenant, source }: Pick<Incident, 'id' | 'tenant' | 'source'>,
): Promise<LiveRepair> {
  let runId: string | undefined;
  try {
    const temporal = await system.temporal();
    const handle = temporal.client.workflow.getHandle(repairWorkflowId(tenant, source));
    const ask = within(temporal);
    ({ runId } = await ask(() => handle.describe()));
    const status = await ask(() => handle.query(repairStatusQuery));
    const current = status.incident?.incident;
    return current === id
      ? { kind: 'known', status, runId }
      : { kind: 'busy', runId, with: current };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'none' };
    const because =
      runId === undefined ? 'Temporal does not answer' : 'no worker has answered in 5 seconds';
    return { kind: 'silent', because, ...(runId === undefined ? {} : { runId }) };
  }
}

function within({
  connection,
}: Temporal): <Answer>(call: () => Promise<Answer>) => Promise<Answer> {
  return (call) => connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, call);
}
