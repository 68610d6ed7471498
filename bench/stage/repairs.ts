import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { decideUpdate } from '../../workflows/approval/messages.ts';
import type { Verdict } from '../../workflows/approval/request.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import { repairStatusQuery, reportFailureSignal } from '../../workflows/repair/messages.ts';
import type { RepairSourceInput } from '../../workflows/repair/repair-input.ts';
import type { repairSource } from '../../workflows/repair/repair-source.ts';
import type { RepairStatus } from '../../workflows/repair/repair-status.ts';

export type RepairHandle = WorkflowHandle<typeof repairSource>;

/** Reports an incident of a source of its own, as the end of a failed run does. */
export async function startRepair(client: Client, name: string): Promise<RepairHandle> {
  const source = `bench-${name}`;
  const workflowId = repairWorkflowId('default', source);
  const input: RepairSourceInput = { v: 1, tenant: 'default', source };
  await client.workflow.signalWithStart<typeof repairSource, [never]>('repairSource', {
    workflowId,
    taskQueue: 'orchestration',
    args: [input],
    signal: reportFailureSignal as never,
    signalArgs: [{ incident: `inc-${name}`, failure: 'SelectorMissing' } as never],
  });
  return client.workflow.getHandle<typeof repairSource>(workflowId);
}

export function statusOf(handle: RepairHandle): Promise<RepairStatus> {
  return handle.query(repairStatusQuery);
}

/** Seldom, so that looking is no load of its own. */
const LOOK_EVERY_MS = 150;
const ASKED_WITHIN_MS = 120_000;

export async function untilAsked(
  handle: RepairHandle,
  everyMs = LOOK_EVERY_MS,
): Promise<RepairStatus> {
  const deadline = Date.now() + ASKED_WITHIN_MS;
  for (;;) {
    await sleep(everyMs);
    const status = await statusOf(handle);
    if (status.stage === 'awaiting-approval') return status;
    if (Date.now() > deadline) throw new Error('A repair does not ask. The bench is void.');
  }
}

/** Approves what is asked; answers when it was sent, and when the answer came. */
export async function approve(
  handle: RepairHandle,
  { question }: RepairStatus,
): Promise<{ readonly sentAtMs: number; readonly answeredAtMs: number }> {
  const { id = '', digest = '' } = question?.request ?? {};
  const verdict: Verdict = {
    requestId: id,
    digest,
    verdict: 'approve',
    decisionId: `bench:${id}`,
    by: { provider: 'api', user: 'bench' },
  };
  const sentAtMs = Date.now();
  await handle.executeUpdate(decideUpdate, { updateId: verdict.decisionId, args: [verdict] });
  return { sentAtMs, answeredAtMs: Date.now() };
}
