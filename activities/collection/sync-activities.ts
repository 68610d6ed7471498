import { createHash } from 'node:crypto';
import { activityInfo, cancellationSignal, sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { overdueSyncs, readMark, recordSync } from '../../adapters/postgres/syncs.ts';
import type {
  IngestionActivities,
  IngestionReport,
  StartedIngestion,
  StartIngestionInput,
  WaitIngestionInput,
} from '../../workflows/collection/activities.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { tellOfSync } from './tell-of-sync.ts';
import { tryRefusedAgain } from './try-refused-again.ts';

/** The effects of one sync of a data source; the workflow decides their order. */
export function ingestionActivities(deps: CollectionDependencies): IngestionActivities {
  const { db, metrics } = deps;
  return {
    readDirtyMark: (target) => readMark(db, target),
    startIngestion: (input) => startIngestion(input, deps),
    waitIngestion: (input) => waitIngestion(input, deps),
    async recordIngestion(input) {
      await recordSync(db, input);
      await tellOfSync(input, deps);
      const lagMs = input.requestedAt
        ? Date.parse(input.report.finishedAt) - Date.parse(input.requestedAt)
        : undefined;
      metrics.syncEnded({ status: input.report.status, lagMs });
    },
  };
}

/** Announcements that were lost: every data source whose changes wait for too long is woken. Returns how many. */
export async function requestOverdueSyncs(
  olderThanMs: number,
  deps: CollectionDependencies,
): Promise<number> {
  const overdue = await overdueSyncs(deps.db, olderThanMs);
  for (const target of overdue)
    await deps.wakeSync({ ...target, quietMs: 1000, maxWaitMs: 10_000 }, 'reconcile-schedules');
  return overdue.length;
}

/** AWS asks for 33 to 256 characters of `[a-zA-Z0-9-]`: a hash has 64. The same for every retry of one logical attempt. */
function clientToken({ knowledgeBaseId, dataSourceId, attempt }: StartIngestionInput): string {
  return createHash('sha256').update(`${knowledgeBaseId}:${dataSourceId}:${attempt}`).digest('hex');
}

/** A marker in the description finds our job again when the answer was lost and the token has expired. */
function marker(attempt: string): string {
  return `wellspring ${attempt}`;
}

async function startIngestion(
  input: StartIngestionInput,
  { knowledge }: CollectionDependencies,
): Promise<StartedIngestion> {
  const { knowledgeBaseId, dataSourceId, attempt } = input;
  const signal = cancellationSignal();
  const target = { knowledgeBaseId, dataSourceId, signal };
  const description = marker(attempt);
  if (activityInfo().attempt > 1) {
    const own = await knowledge.findMarkedIngestion({ ...target, marker: description });
    if (own) return { jobId: own.jobId, adopted: 'own' };
  }
  try {
    const { jobId } = await knowledge.startIngestion({
      ...target,
      clientToken: clientToken(input),
      description,
    });
    return { jobId, adopted: 'no' };
  } catch (error) {
    if (!(error instanceof ApplicationFailure && error.type === 'Conflict')) throw error;
    const running = await knowledge.findRunningIngestion(target);
    // Nothing of ours runs: another data source of the same knowledge base does. Temporal tries again.
    if (!running) throw error;
    return { jobId: running.jobId, adopted: running.description === description ? 'own' : 'other' };
  }
}

async function waitIngestion(
  input: WaitIngestionInput,
  deps: CollectionDependencies,
): Promise<IngestionReport> {
  const { knowledge, tuning } = deps;
  const { knowledgeBaseId, dataSourceId, jobId } = input;
  const signal = cancellationSignal();
  const target = { knowledgeBaseId, dataSourceId, signal };
  const state = { status: 'STARTING' };
  return withHeartbeat(
    () => ({ jobId, ...state }),
    async () => {
      const [firstMs, lastMs] = tuning.pollMs;
      for (let waitMs = firstMs; ; waitMs = Math.min(lastMs, waitMs * 1.5)) {
        const job = await knowledge.getIngestion({ ...target, jobId });
        state.status = job.status;
        if (job.status === 'COMPLETE' || job.status === 'FAILED' || job.status === 'STOPPED') {
          const { status, failureReasons } = job;
          const { failedDocuments, taken } = await tryRefusedAgain(target, job, deps);
          const failed = Math.max(failedDocuments.length, job.statistics.failed - taken);
          const finishedAt = new Date().toISOString();
          const failureMessage = failureReasons.join(' ').slice(0, 1000);
          return {
            jobId,
            status,
            startedAt: job.startedAt ?? finishedAt,
            finishedAt,
            statistics: { ...job.statistics, failed },
            failedDocuments,
            ...(failureMessage ? { failureMessage } : {}),
          };
        }
        await sleep(waitMs);
      }
    },
  );
}
