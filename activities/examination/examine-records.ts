import {
  readIdleCrawls,
  readInterruptedDeletions,
  readOpenQuestions,
  readOpenRuns,
  readStaleObjects,
  readWaitingDataSources,
} from '../../adapters/postgres/examinations.ts';
import { heldWorkflowId, shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { syncWorkflowId } from '../../workflows/collection/ids.ts';
import { command, temporalCommand } from './commands.ts';
import type { Examination } from './examine-system.ts';

/** What our own tables say of work that nobody goes on with. */
export async function examineRecords(examination: Examination): Promise<void> {
  await examineLeft(examination);
  await examineRuns(examination);
  await examineQuestions(examination);
  await examineCrawls(examination);
  await examineRemovals(examination);
  await examineSyncs(examination);
}

/** Their documents stay, and no run will ever look at them again. */
async function examineLeft({ folders, definitions, findings }: Examination): Promise<void> {
  const named = new Set(definitions.map(({ tenant, id }) => `${tenant}/${id}`));
  const left = Map.groupBy(
    folders.filter(({ tenant, source, live }) => live > 0 && !named.has(`${tenant}/${source}`)),
    ({ source }) => source,
  );
  for (const [source, places] of left) {
    const live = places.reduce((sum, one) => sum + one.live, 0);
    const where = places.map(({ bucket, folder }) => `"s3://${bucket}/${folder}"`).join(', ');
    findings.add('source-left', {
      what: `Source "${source}" is in no definition any more, but ${live} of its documents stay in ${where}.`,
      mend: `${command(`forget ${source}`)} asks before it deletes them; or put the source back into the definitions.`,
      source,
    });
  }
}

async function examineRuns({ input, deps, findings }: Examination): Promise<void> {
  for (const run of await readOpenRuns(deps.db, input.source)) {
    if (await deps.isWorkflowOpen(run.id, run.temporalRunId)) continue;
    // It may have ended between the two looks.
    const still = await readOpenRuns(deps.db, run.source);
    if (!still.some(({ id }) => id === run.id)) continue;
    findings.add('run-orphaned', {
      what: `Run "${run.id}" says that it is under way since ${run.startedAt.toISOString()}, but its workflow has ended.`,
      mend: `A worker ends its row within 15 minutes; ${temporalCommand('schedule trigger --schedule-id system:reconcileSchedules')} does it now.`,
      source: run.source,
    });
  }
}

async function examineQuestions({ input, deps, findings }: Examination): Promise<void> {
  for (const set of await readOpenQuestions(deps.db, input.source)) {
    const workflow = heldWorkflowId(set);
    if (await deps.approvals.isRunning(workflow)) continue;
    findings.add('question-orphaned', {
      what: `Question "${shortDigest(set.digest)}" about source "${set.source}" is open since ${set.openedAt.toISOString()}, but its workflow "${workflow}" does not run, so nobody can answer it.`,
      mend: `${command(`run ${set.source}`)} asks anew if there is still reason to.`,
      source: set.source,
    });
  }
}

const DAY_MS = 86_400_000;

/** A crawl waits between two slices of its run, never for longer than two periods of its source. */
async function examineCrawls({ input, deps, definitions, findings }: Examination): Promise<void> {
  const periods = new Map(definitions.map((one) => [one.id, one.schedule.periodMs]));
  for (const crawl of await readIdleCrawls(deps.db, input.source)) {
    const periodMs = periods.get(crawl.source);
    const idleMs = Date.now() - crawl.updatedAt.getTime();
    if (periodMs !== undefined && idleMs < Math.max(DAY_MS, 2 * periodMs)) continue;
    findings.add('crawl-abandoned', {
      what: `${crawl.pages} pages of a crawl of source "${crawl.source}" ${crawl.updatedAt.getTime() === 0 ? 'belong to no crawl any more' : `wait since ${crawl.updatedAt.toISOString()}`}.`,
      mend:
        periodMs === undefined
          ? 'A worker removes them 30 days after the last page.'
          : `${command(`run ${crawl.source}`)} goes on with it.`,
      source: crawl.source,
    });
  }
}

async function examineRemovals({ input, deps, findings }: Examination): Promise<void> {
  for (const { source, docId } of await readInterruptedDeletions(deps.db, input.source))
    findings.add('document-deleting', {
      what: `The deletion of "${docId}" of source "${source}" has begun and was never finished.`,
      mend: `${command(`run ${source}`)} finishes it.`,
      source,
    });
  for (const { source, bucket, key, since } of await readStaleObjects(deps.db, input.source))
    findings.add('object-stale', {
      what: `"s3://${bucket}/${key}" was left behind by a document of source "${source}" that moved at ${since.toISOString()}.`,
      mend: `${command(`run ${source}`)} removes it after a complete listing.`,
      source,
    });
}

/** Beyond `maxWait` a job should have begun; it may run for a while. */
const GRACE_MS = 300_000;

async function examineSyncs({
  input,
  deps,
  definitions,
  findings,
  signal,
}: Examination): Promise<void> {
  const bases = new Map(
    definitions.map(({ knowledgeBase: one }) => [
      `${one.knowledgeBaseId}/${one.dataSourceId}`,
      one,
    ]),
  );
  for (const one of await readWaitingDataSources(deps.db)) {
    const base = bases.get(`${one.knowledgeBaseId}/${one.dataSourceId}`);
    if (!base && input.source !== undefined) continue;
    if (one.waitedMs < (base?.sync.maxWaitMs ?? 0) + GRACE_MS) continue;
    const { knowledgeBaseId, dataSourceId } = one;
    const call = { knowledgeBaseId, dataSourceId, signal };
    if (await deps.knowledge.findRunningIngestion(call)) continue;
    const minutes = Math.round(one.waitedMs / 60_000);
    findings.add('sync-overdue', {
      what: `Changes of knowledge base "${one.id}" wait since ${minutes} minutes, and no ingestion job runs.`,
      mend: `See why with ${temporalCommand(`workflow show --workflow-id ${syncWorkflowId(knowledgeBaseId, dataSourceId)}`)}; a worker wakes it every 15 minutes.`,
    });
  }
}
