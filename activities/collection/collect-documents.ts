import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { activityInfo, cancellationSignal, log, type Info } from '@temporalio/activity';
import {
  beginAttempt,
  closeRead,
  countReasonsToAsk,
  notePartialRead,
  noteRunWait,
  readRunCounts,
} from '../../adapters/postgres/runs.ts';
import { readFailures } from '../../adapters/postgres/dead-letters.ts';
import { claimSource } from '../../adapters/postgres/source-state.ts';
import type {
  CollectDocumentsInput,
  RunReference,
  SliceReport,
} from '../../workflows/collection/activities.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { addCounts, NO_COUNTS, type RunCounts } from '../../workflows/collection/counts.ts';
import { dominatingFailure, type ListingReport } from '../../workflows/collection/run-status.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { stagedCrawls } from './crawl-store.ts';
import type { CollectionDependencies } from './dependencies.ts';
import { detectBreaks } from './detect-breaks.ts';
import { knownAnswers } from './known-answers.ts';
import { openRenewed, openSource, type OpenedSource } from './open-source.ts';
import { readSlice, takenDocuments, type ReadEnding } from './read-slice.ts';
import { askedWaitMs, REST_MS, restAfter } from './rest.ts';
import { openEvidenceKeeper } from './keep-evidence.ts';
import { sourceEnv } from './source-env.ts';
import { stageEvidence } from './stage-evidence.ts';
import { reference, type StoreContext } from './store-context.ts';
import { watchShape } from './watch-shape.ts';
import { withoutSecrets } from './without-secrets.ts';

/**
 * One slice: claim the source, read from the last committed cursor, store batch by batch. Where the source refuses a secret that was renewed
 * meanwhile, it goes on once with the new one.
 */
export async function collectDocuments(
  input: CollectDocumentsInput,
  deps: CollectionDependencies,
): Promise<SliceReport> {
  const opened = await openSource(input.digest, deps);
  try {
    return await collectSlice(input, opened, deps);
  } catch (error) {
    const isRefused = error instanceof ApplicationFailure && error.type === 'AuthExpired';
    const renewed = isRefused ? await openRenewed(input.digest, opened, deps) : undefined;
    if (!renewed) throw error;
    log.info('a secret of the source was renewed, the read goes on with the new one');
    return collectSlice(input, renewed, deps);
  }
}

async function collectSlice(
  input: CollectDocumentsInput,
  opened: OpenedSource,
  deps: CollectionDependencies,
): Promise<SliceReport> {
  const phase = 'reading and storing';
  const { tenant, source, runId } = input;
  const { attempt } = activityInfo();
  const begun = await beginAttempt(deps.db, { id: runId, phase, slice: input.slice, attempt });
  if (begun.progressed && attempt >= LOST_ATTEMPTS) return afterCrash(begun.counts);
  const again = begun.trigger === 'dead-letters' && opened.source.readAgain ? 'only' : 'after';
  const claim = await claimSource(deps.db, {
    tenant,
    source,
    run: runId,
    configSig: opened.configSig,
    target: opened.definition.knowledgeBase,
  });
  const temporaryDirectory = await mkdtemp(join(tmpdir(), 'wellspring-run-'));
  const taken = takenDocuments(await readRunCounts(deps.db, runId));
  const progress = { counts: NO_COUNTS };
  try {
    const signal = cancellationSignal();
    const context: StoreContext & Pick<OpenedSource, 'source'> = {
      ...opened,
      db: deps.db,
      objects: deps.objects,
      claim,
      run: runId,
      startedAt: new Date(input.startedAtMs),
      maxDocumentBytes: deps.settings.maxDocumentBytes,
      uploads: deps.tuning.uploads,
      signal,
    };
    const { configSig } = opened;
    const crawls = stagedCrawls(deps.db, { tenant, source, configSig });
    const witness = stageEvidence();
    const env = sourceEnv({ input, opened, crawls, witness, temporaryDirectory, signal, deps });
    const held = await withHeartbeat(
      () => ({ phase, ...progress.counts }),
      async () => (input.slice === 0 ? watchShape(input, opened, env, deps) : undefined),
    );
    if (held) return { ...NOTHING_TO_DO, counts: await totals(context), more: false, held };
    const ending = await withHeartbeat(
      () => ({ phase, ...progress.counts }),
      () =>
        readSlice({
          env,
          context: { ...context, evidence: openEvidenceKeeper(context) },
          takeCrawl: () => crawls.take(),
          takeEvidence: () => witness.take(),
          again,
          tuning: deps.tuning,
          attemptMs: attemptMs(activityInfo()),
          taken,
          onCommit: (counts) => (progress.counts = addCounts(progress.counts, counts)),
        }),
    );
    if (ending.kind === 'end' && again === 'only') return await readAgainOnly(context);
    // The end asks S3, too, and an outage of it is waited for.
    return await withHeartbeat(
      () => ({ phase, ...progress.counts }),
      () => report(ending, { context, run: input, deps }),
    );
  } catch (error) {
    throw withoutSecrets(error, opened.redact);
  } finally {
    await rm(temporaryDirectory, { recursive: true, force: true });
  }
}

/** What is left of the time of all attempts may be less than that of one. */
function attemptMs(info: Info): number {
  const spentMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
  return Math.min(info.startToCloseTimeoutMs, info.scheduleToCloseTimeoutMs - spentMs);
}

function afterCrash(counts: Partial<RunCounts>): SliceReport {
  const rest = { notBeforeMs: Date.now() + REST_MS, waitReason: LOST };
  return { ...rest, ...NOTHING_TO_DO, counts: addCounts(NO_COUNTS, counts), more: true };
}

const LOST = 'Attempts were lost after progress.';
/** The first lost attempt is simply made up for. From this one on progress ends the slice: in the next one the count begins anew. */
const LOST_ATTEMPTS = 3;

/** What a read that is not at its end leaves for the rest of the run. */
const NOTHING_TO_DO = { candidates: 0, staleObjects: 0, openQuestions: 0, marked: false } as const;

/** Only dead letters were read: that is no listing, and does not make the source fresh. */
async function readAgainOnly(context: StoreContext): Promise<SliceReport> {
  await notePartialRead(context.db, context.run, 'only dead letters were read again');
  return { ...NOTHING_TO_DO, counts: await totals(context), more: false };
}

interface Reading {
  readonly context: StoreContext;
  readonly run: RunReference;
  readonly deps: CollectionDependencies;
}

async function report(ending: ReadEnding, reading: Reading): Promise<SliceReport> {
  const { context, deps } = reading;
  if (ending.kind === 'failed') return rest(ending, context, deps);
  const listing = ending.kind === 'end' ? ending.listing : undefined;
  const end = ending.kind === 'end' ? await close(context, listing) : NOTHING_TO_DO;
  const questions = ending.kind === 'bound' ? await reasonsToAsk(context) : {};
  const counts = await totals(context);
  const verdict = ending.kind === 'slice' ? {} : await judgeRead(listing, counts, reading);
  return {
    counts,
    more: ending.kind === 'slice',
    ...end,
    ...questions,
    // A run that a detector holds deletes nothing and asks nobody: its incident goes on with it.
    ...(verdict.held ? { ...NOTHING_TO_DO, marked: end.marked } : {}),
    ...verdict,
    ...(listing ? { listing } : {}),
    ...(ending.kind === 'bound' ? { boundReached: ending.because } : {}),
  };
}

/** What the read looks like as a whole, beside its documents one by one. */
async function judgeRead(
  listing: ListingReport | undefined,
  { failed }: RunCounts,
  { context, run, deps }: Reading,
): Promise<Pick<SliceReport, 'held' | 'failedAs'>> {
  const { definition, signal } = context;
  const known = await knownAnswers({ definition, run: run.runId, signal }, deps);
  const held = await detectBreaks({ run, definition, listing, known }, deps.db);
  const failures = failed > 0 ? await readFailures(deps.db, { ...run, run: run.runId }) : {};
  const failedAs = dominatingFailure(failures);
  return { ...(held ? { held } : {}), ...(failedAs ? { failedAs } : {}) };
}

/**
 * The read broke off. With progress, or to wait, the slice ends and the workflow goes on from the cursor after a rest. Otherwise Temporal's
 * retry policy decides.
 */
async function rest(
  ending: Extract<ReadEnding, { kind: 'failed' }>,
  context: StoreContext,
  { metrics }: CollectionDependencies,
): Promise<SliceReport> {
  const { error, progressed } = ending;
  const restMs = restAfter(error, { progressed, attempt: activityInfo().attempt });
  if (restMs === undefined) throw error;
  const waitMs = askedWaitMs(error);
  if (waitMs !== undefined) metrics.rateLimited(waitMs);
  log.warn('read broke off and goes on after a rest', {
    restMs,
    failure: error instanceof ApplicationFailure ? error.type : 'unknown',
  });
  const waitReason = context.redact(messageOf(error)).slice(0, 150);
  return goesOn(context, { notBeforeMs: Date.now() + restMs, waitReason });
}

/** Ends the slice early; the next one begins at the committed cursor, not before the time given. */
async function goesOn(
  context: StoreContext,
  wait: Required<Pick<SliceReport, 'notBeforeMs' | 'waitReason'>>,
): Promise<SliceReport> {
  const phase = `waiting until ${timeText(wait.notBeforeMs)}: ${wait.waitReason}`;
  await noteRunWait(context.db, { id: context.run, phase });
  return { ...wait, ...NOTHING_TO_DO, counts: await totals(context), more: true };
}

function close({ db, definition, claim, run }: StoreContext, listing: ListingReport | undefined) {
  const { tenant, id: source } = definition;
  return closeRead(db, {
    tenant,
    source,
    run,
    fence: claim.fence,
    listing: claim.listing,
    report: listing,
  });
}

async function reasonsToAsk(context: StoreContext): Promise<{ readonly openQuestions: number }> {
  const asked = { ...reference(context), run: context.run };
  return { openQuestions: await countReasonsToAsk(context.db, asked) };
}

async function totals({ db, run }: StoreContext) {
  return addCounts(NO_COUNTS, await readRunCounts(db, run));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
