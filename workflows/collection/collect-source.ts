import {
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setWorkflowOptions,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { classify } from '../classify.ts';
import { FAILURES, failure } from '../failures.ts';
import * as retry from '../retry.ts';
import { SEARCH_ATTRIBUTES } from '../search-attributes.ts';
import type {
  CollectionActivities,
  EnabledSource,
  FinishRunInput,
  LoadedSource,
  ReconcileReport,
  RunReference,
  SliceReport,
} from './activities.ts';
import { addCounts, changedDocuments, NO_COUNTS, type RunCounts } from './counts.ts';
import { DEFAULT_TENANT } from './ids.ts';
import { describeCounts, runDetails } from './run-details.ts';
import { judgeRun, type RunVerdict } from './run-status.ts';

export interface CollectSourceInput {
  readonly v: 1;
  readonly source: string;
  readonly tenant?: string;
  /** What started the workflow. `loadSource` tells a time of the schedule from a trigger by a person, which comes through the schedule, too. */
  readonly trigger: 'schedule' | 'manual';
}

/** What a run leaves as its result; a run that failed throws its failure instead. */
export interface RunOutcome {
  readonly status: 'succeeded' | 'partial' | 'held' | 'disabled';
  readonly counts: RunCounts;
  readonly because?: string;
}

/** Set by the server on every run that a schedule started: the nominal time. */
const scheduledStartTime = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const steps = proxyLocalActivities<CollectionActivities>(retry.local);

// A short workflow fails loudly on a bug instead of retrying its task for ever.
setWorkflowOptions({ failureExceptionTypes: [Error] }, collectSource);

/**
 * One run of one source: load, read and store in slices, reconcile, announce, finish. The schedule's SKIP policy is the source's lock.
 * Documents never come here: activities commit them, and this history holds counts and references only.
 */
export async function collectSource(input: CollectSourceInput): Promise<RunOutcome> {
  const run = runReference(input);
  const loaded = await load(input, run);
  if (!loaded.enabled) return { status: 'disabled', counts: NO_COUNTS, because: loaded.because };
  const reference = { ...run, digest: loaded.digest };
  let counts = NO_COUNTS;
  try {
    const { slice, slices } = await readAndStore(
      loaded,
      reference,
      (report) => (counts = report.counts),
    );
    const reconciled = await reconcile(loaded, reference, slice);
    counts = addCounts(slice.counts, reconciled.counts);
    const waits = changedDocuments(counts) > 0 || slice.staleObjects > 0 || slice.marked;
    if (waits) await announce(loaded, input.source);
    const { listing, boundReached, failedAs } = slice;
    const held = reconciled.held ?? slice.held;
    const verdict = judgeRun({
      counts,
      ...(listing ? { listing } : {}),
      ...(held ? { held } : {}),
      ...(reconciled.kept ? { kept: reconciled.kept } : {}),
      ...(reconciled.asked ? { asked: reconciled.asked } : {}),
      ...(boundReached ? { boundReached } : {}),
      ...(failedAs ? { failedAs } : {}),
    });
    log.info('run ended', { status: verdict.status, slices, ...counts });
    return await finish(loaded, reference, { counts, verdict, held });
  } catch (error) {
    if (isFinal(error)) throw error;
    return await fail(loaded.title, reference, counts, error);
  }
}

async function load(
  { source, trigger }: CollectSourceInput,
  run: Omit<RunReference, 'digest'>,
): Promise<LoadedSource> {
  const temporalRunId = workflowInfo().runId;
  try {
    return await steps.loadSource({ ...run, temporalRunId, trigger, nominalAtMs: nominalAtMs() });
  } catch (error) {
    // The row is open if only the answer was lost.
    return fail(source, { ...run, digest: '' }, NO_COUNTS, error);
  }
}

function runReference({
  source,
  tenant = DEFAULT_TENANT,
}: CollectSourceInput): Omit<RunReference, 'digest'> {
  const { workflowId, startTime } = workflowInfo();
  return { runId: workflowId, tenant, source, startedAtMs: startTime.getTime() };
}

/** The time that the schedule meant: a late or backfilled run begins later. */
function nominalAtMs(): number {
  const { typedSearchAttributes, startTime } = workflowInfo();
  return (typedSearchAttributes.get(scheduledStartTime) ?? startTime).getTime();
}

async function readAndStore(
  loaded: EnabledSource,
  reference: RunReference,
  onSlice: (report: SliceReport) => void,
): Promise<{ slice: SliceReport; slices: number }> {
  const { collectDocuments } = collectActivities(loaded, reference);
  let counts = NO_COUNTS;
  for (let slice = 0; ; slice += 1) {
    showReading(loaded.title, reference, counts);
    const summary = slice === 0 ? 'read and store' : `read and store, slice ${slice + 1}`;
    const report = await collectDocuments.executeWithOptions({ summary }, [
      { ...reference, slice },
    ]);
    onSlice(report);
    counts = report.counts;
    if (!report.more) return { slice: report, slices: slice + 1 };
    if (slice + 1 >= loaded.bounds.maxSlices) {
      const boundReached = `the run stopped after ${slice + 1} slices; the next one goes on where it ended`;
      return { slice: { ...report, boundReached }, slices: slice + 1 };
    }
    const waitMs = (report.notBeforeMs ?? 0) - Date.now();
    if (waitMs > 0)
      await sleep(waitMs, { summary: report.waitReason ?? 'the source asked to wait' });
  }
}

function collectActivities({ bounds, taskQueue }: EnabledSource, { tenant }: RunReference) {
  const { attemptMs, heartbeatMs, totalMs } = bounds;
  return proxyActivities<CollectionActivities>(
    retry.collect({ attemptMs, heartbeatMs, totalMs, taskQueue, tenant }),
  );
}

async function reconcile(
  loaded: EnabledSource,
  reference: RunReference,
  { candidates, staleObjects, openQuestions, listing }: SliceReport,
): Promise<ReconcileReport> {
  // Not their sum: a run that began before there were questions has none in its report, and would get no number.
  if (!candidates && !staleObjects && !openQuestions) return { counts: NO_COUNTS };
  const summary = `remove what the source no longer has (${candidates})`;
  const { reconcileDocuments } = collectActivities({ ...loaded, taskQueue: 'collect' }, reference);
  return reconcileDocuments.executeWithOptions({ summary }, [
    { ...reference, listingComplete: listing?.complete ?? false },
  ]);
}

/** The mark of the change is in the database already; this only wakes the sync early, so it must not fail the run. */
async function announce(loaded: EnabledSource, source: string): Promise<void> {
  try {
    await steps.requestKnowledgeBaseSync({ ...loaded.knowledgeBase, source });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('the knowledge base sync was not woken; reconcileSchedules makes up for it', {
      error: classify(error).message,
    });
  }
}

interface RunEnd {
  readonly counts: RunCounts;
  readonly verdict: RunVerdict;
  readonly held: Parameters<CollectionActivities['finishRun']>[0]['held'] | undefined;
}

async function finish(
  loaded: EnabledSource,
  reference: RunReference,
  { counts, verdict, held }: RunEnd,
): Promise<RunOutcome> {
  const temporalRunId = workflowInfo().runId;
  await steps.finishRun({ ...reference, temporalRunId, verdict, ...(held ? { held } : {}) });
  showEnd(loaded.title, reference, counts, verdict);
  if (verdict.status === 'failed')
    throw failure(verdict.failure ?? 'Defect', verdict.because, { details: { final: true } });
  return {
    status: verdict.status,
    counts,
    ...(verdict.because ? { because: verdict.because } : {}),
  };
}

/** A run that failed fails as a workflow too, by the failure's own name, so that every list tells the truth. */
async function fail(
  title: string,
  reference: RunReference,
  counts: RunCounts,
  error: unknown,
): Promise<never> {
  const { name, message, platform } = classify(error);
  const verdict: RunVerdict = { status: 'failed', because: message, failure: name };
  const end = { ...reference, verdict, ...(platform ? { platform } : {}) };
  await CancellationScope.nonCancellable(() => endRow(end));
  showEnd(title, reference, counts, verdict);
  if (isCancellation(error)) throw error;
  throw failure(name, message, { cause: error });
}

/** The reason of the run must not be lost because its row cannot be written. */
async function endRow(end: Omit<FinishRunInput, 'temporalRunId'>): Promise<void> {
  try {
    await steps.finishRun({ ...end, temporalRunId: workflowInfo().runId });
  } catch (error) {
    log.error('the end of a failed run was not recorded', { reason: classify(error).message });
  }
}

function showReading(title: string, reference: RunReference, counts: RunCounts): void {
  const commands = [`npm run cli -- run show ${reference.runId}`];
  setCurrentDetails(runDetails({ title, phase: 'reading and storing', counts, commands }));
}

function showEnd(
  title: string,
  reference: RunReference,
  counts: RunCounts,
  verdict: RunVerdict,
): void {
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.outcome, value: verdict.status },
    { key: SEARCH_ATTRIBUTES.documentsChanged, value: changedDocuments(counts) },
    ...(verdict.failure ? [{ key: SEARCH_ATTRIBUTES.failureName, value: verdict.failure }] : []),
  ]);
  const { because, failure: name } = verdict;
  const commands = [
    `npm run cli -- run show ${reference.runId}`,
    `npm run cli -- documents ${reference.source}`,
    ...(counts.failed > 0 ? [`npm run cli -- dead-letters ${reference.source}`] : []),
  ];
  const details = {
    title,
    phase: `${verdict.status}, ${describeCounts(counts)}`,
    counts,
    commands,
  };
  setCurrentDetails(
    runDetails({
      ...details,
      ...(because ? { because } : {}),
      ...(name ? { remedy: FAILURES[name].remedy } : {}),
    }),
  );
}

/** The verdict `failed` of a finished run: its row is written already. */
function isFinal(error: unknown): boolean {
  const details = (error as { details?: unknown[] } | null)?.details;
  return Array.isArray(details) && (details[0] as { final?: boolean } | undefined)?.final === true;
}
