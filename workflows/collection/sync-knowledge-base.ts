import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { classify } from '../classify.ts';
import { failure } from '../failures.ts';
import * as retry from '../retry.ts';
import { SEARCH_ATTRIBUTES } from '../search-attributes.ts';
import type { DirtyMark, IngestionActivities, IngestionReport, SyncTarget } from './activities.ts';
import { requestSyncSignal } from './messages.ts';

export interface SyncKnowledgeBaseInput extends SyncTarget {
  readonly v: 1;
  /** Closes after this long without a request. */
  readonly idleMs?: number;
  /** First wait after a failed job; doubled each time, up to an hour. */
  readonly retryMs?: number;
}

const DEFAULT_IDLE_MS = 300_000;
const DEFAULT_RETRY_MS = 300_000;
const MAX_RETRY_MS = 3_600_000;
const MAX_FAILURES_IN_A_ROW = 5;
/** Continue as new well before the server suggests it, so that a busy base never carries a long history. */
const MAX_JOBS_A_RUN = 100;
const MAX_SOURCES_SHOWN = 10;
const MAX_SOURCE_CHARACTERS = 200;

const store = proxyActivities<IngestionActivities>(retry.quick);
// A queue of its own: AWS allows one start in ten seconds an account, and the limit of this queue must throttle nothing else.
const starter = proxyActivities<IngestionActivities>({
  ...retry.ingestion,
  taskQueue: 'ingestion',
});
const waiter = proxyActivities<IngestionActivities>(retry.poll);

/**
 * Keeps one data source of a knowledge base in step with S3: requests coalesce, one job runs at a time, and only a job that started after a
 * change covers it. Its id is the lock of the data source; any run wakes it by signal-with-start, and it closes when there is nothing to do.
 */
export async function syncKnowledgeBase(input: SyncKnowledgeBaseInput): Promise<void> {
  const inbox: Inbox = { requests: 0, lastAtMs: 0, sources: new Set() };
  setHandler(requestSyncSignal, (request: unknown) => receive(inbox, request), {
    description: 'Something changed in S3: ingest it after a quiet moment.',
  });
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.knowledgeBaseId, value: input.id }]);
  let failures = 0;
  let jobs = 0;
  for (;;) {
    await waitForQuiet(inbox, input);
    inbox.requests = 0;
    const mark = await store.readDirtyMark.executeWithOptions(
      { summary: 'is there anything to ingest?' },
      [input],
    );
    if (mark.dirty) {
      const sources = [...inbox.sources];
      inbox.sources.clear();
      failures = (await ingest(input, mark, sources)) ? 0 : failures + 1;
      jobs += 1;
      if (failures > 0) await backOff(input, failures);
    } else if (await isIdle(inbox, input)) return;
    // A restart would forget the failures, and with them the back-off.
    if (failures === 0 && (jobs >= MAX_JOBS_A_RUN || workflowInfo().continueAsNewSuggested)) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof syncKnowledgeBase>(input);
    }
  }
}

interface Inbox {
  requests: number;
  /** When the last one came, milliseconds since the epoch. */
  lastAtMs: number;
  /** For people to read: some of those that asked. */
  readonly sources: Set<string>;
}

/** Whatever comes counts as a request, and nothing that comes may break the sync: anybody can send a signal. */
function receive(inbox: Inbox, request: unknown): void {
  inbox.requests += 1;
  inbox.lastAtMs = Date.now();
  const source = (request as { source?: unknown } | null | undefined)?.source;
  const readable = typeof source === 'string' && source.length <= MAX_SOURCE_CHARACTERS;
  if (readable && inbox.sources.size < MAX_SOURCES_SHOWN) inbox.sources.add(source);
}

/** Until nobody asked for `quietMs`, but at most `maxWaitMs`. */
async function waitForQuiet(inbox: Inbox, { quietMs, maxWaitMs }: SyncTarget): Promise<void> {
  const startMs = Date.now();
  for (;;) {
    // One timer for many requests: each costs an event and, where Temporal is hosted, money.
    const quietAtMs = Math.max(startMs, inbox.lastAtMs) + quietMs;
    const waitMs = Math.min(quietAtMs, startMs + maxWaitMs) - Date.now();
    if (waitMs <= 0) return;
    await sleep(waitMs, { summary: 'wait until nobody asks' });
  }
}

async function isIdle(
  inbox: Inbox,
  { idleMs = DEFAULT_IDLE_MS }: SyncKnowledgeBaseInput,
): Promise<boolean> {
  if (inbox.requests > 0) return false;
  setCurrentDetails('### Idle\n\nEverything in S3 is covered by an ingestion job.');
  return !(await condition(() => inbox.requests > 0, Math.max(1, idleMs)));
}

/** Requests do not shorten it: a busy base would hammer a knowledge base that is broken. */
async function backOff(
  { retryMs = DEFAULT_RETRY_MS }: SyncKnowledgeBaseInput,
  failures: number,
): Promise<void> {
  if (failures >= MAX_FAILURES_IN_A_ROW) throw gaveUp(failures);
  const waitMs = Math.min(MAX_RETRY_MS, retryMs * 2 ** (failures - 1));
  await sleep(Math.max(1, waitMs), { summary: `rest after ${failures} failed in a row` });
}

function gaveUp(failures: number): Error {
  const message = `${failures} ingestion jobs in a row failed. The changes stay marked: the next run of a source, or reconcileSchedules, tries again.`;
  return failure('IngestionFailed', message);
}

/** One job, from its start to its row. True when it completed and covers the mark. */
async function ingest(
  input: SyncTarget,
  mark: DirtyMark,
  sources: readonly string[],
): Promise<boolean> {
  const attempt = uuid4();
  setCurrentDetails(
    `### Ingesting\n\nChanges since ${mark.dirtySince ?? mark.now}${sources.length > 0 ? ` of ${sources.join(', ')}` : ''}.`,
  );
  try {
    const started = await starter.startIngestion.executeWithOptions(
      { summary: 'start an ingestion job' },
      [{ ...input, attempt }],
    );
    const { jobId, adopted } = started;
    const report = await waiter.waitIngestion.executeWithOptions(
      { summary: `wait for job ${jobId}` },
      [{ ...input, jobId }],
    );
    const covers = adopted !== 'other' && report.status === 'COMPLETE';
    await store.recordIngestion.executeWithOptions(
      { summary: `record job ${jobId}: ${report.status}` },
      [
        {
          ...input,
          report,
          ...(mark.dirtySince ? { requestedAt: mark.dirtySince } : {}),
          ...(covers ? { coveredAt: mark.now } : {}),
        },
      ],
    );
    showReport(report);
    return report.status === 'COMPLETE';
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { name, message } = classify(error);
    log.error('ingestion failed', { failure: name, message });
    upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.failureName, value: name }]);
    setCurrentDetails(
      `### ${name}\n\n**${message}**\n\nThe changes stay marked; the next attempt ingests them.`,
    );
    return false;
  }
}

function showReport(report: IngestionReport): void {
  const failed = report.failedDocuments.length > 0;
  upsertSearchAttributes([
    {
      key: SEARCH_ATTRIBUTES.outcome,
      value: report.status === 'COMPLETE' && !failed ? 'succeeded' : 'partial',
    },
    { key: SEARCH_ATTRIBUTES.failureName, value: failed ? 'IngestionFailed' : null },
  ]);
  const rows = Object.entries(report.statistics).map(([name, count]) => `| ${name} | ${count} |`);
  setCurrentDetails(
    [`### Job ${report.jobId}: ${report.status}`, '', '| | |', '| --- | --- |', ...rows].join('\n'),
  );
}
