import { setTimeout as sleep } from 'node:timers/promises';
import { syncWorkflowId } from '../../workflows/collection/ids.ts';
import { requestSyncSignal, type SyncRequest } from '../../workflows/collection/messages.ts';
import type { syncKnowledgeBase } from '../../workflows/collection/sync-knowledge-base.ts';
import type { Arena } from './arena.ts';
import { gatherJobs } from './gather/cloud.ts';
import { gatherRows } from './gather/rows.ts';

const LOOK_EVERY_MS = 200;
const RUNNING: ReadonlySet<string> = new Set(['STARTING', 'IN_PROGRESS', 'STOPPING']);

/**
 * Waits until no run is under way and every change is in the knowledge base. False: it did not come to that in time, in which the poll of a job
 * may have been lost twice on its way to a worker, for a minute each.
 */
export async function quiescence(arena: Arena, withinMs = 240_000): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  let still = 0;
  while (Date.now() < deadline) {
    still = (await isStill(arena)) ? still + 1 : 0;
    // Twice: between the end of a run and the mark that it sets lies a moment.
    if (still >= 2) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}

async function isStill({ db, cloud, temporal }: Arena): Promise<boolean> {
  const { dirty, runs } = await gatherRows(db);
  if (dirty.length > 0 || runs.some(({ status }) => status === 'running')) return false;
  const jobs = gatherJobs(cloud);
  if (jobs.some(({ status }) => RUNNING.has(status))) return false;
  // Visibility comes late; the rows above do not.
  return !(await somethingMoves(temporal));
}

/** A run that is open, or any workflow that is about to do something. */
async function somethingMoves({ client }: Arena['temporal']): Promise<boolean> {
  const open = client.workflow.list({ query: `ExecutionStatus = 'Running'` });
  for await (const { workflowId, runId, type } of open) {
    if (type === 'collectSource') return true;
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    if (raw.pendingWorkflowTask || (raw.pendingActivities ?? []).length > 0) return true;
  }
  return false;
}

/**
 * Starts the sync with short rests, as its workflow offers; the product's own wake-ups then find it running. Production rests for minutes
 * after a job that failed.
 */
export async function startSync({ temporal, cloud }: Arena): Promise<void> {
  const { target } = cloud;
  await temporal.client.workflow.signalWithStart<typeof syncKnowledgeBase, [SyncRequest]>(
    'syncKnowledgeBase',
    {
      workflowId: syncWorkflowId(target.knowledgeBaseId, target.dataSourceId),
      taskQueue: 'orchestration',
      args: [{ v: 1, ...target, retryMs: 1000 }],
      signal: requestSyncSignal,
      signalArgs: [{ source: 'chaos' }],
    },
  );
}
