import { canonicalJson } from '../../adapters/definitions/digest.ts';
import type { CrawlChanges } from '../../adapters/postgres/crawls.ts';
import type { RunCounts } from '../../workflows/collection/counts.ts';
import type { ListingReport } from '../../workflows/collection/run-status.ts';
import type { ReadMessage, SourceEnv } from '../sources/contract.ts';
import type { OpenSource } from '../sources/define-source.ts';
import { mergeChanges } from './crawl-store.ts';
import type { CollectionTuning } from './dependencies.ts';
import { readAgain } from './read-again.ts';
import { cleanDetail, type DocumentMessage } from './sort-messages.ts';
import { mergeEvidence, type StagedEvidence } from './stage-evidence.ts';
import { storeBatch, type StoringContext } from './store-batch.ts';
import { SILENCE, withSilences } from './with-silences.ts';

/** How the reading of one slice came to its end. */
export type ReadEnding =
  /** The source had nothing more. */
  | { readonly kind: 'end'; readonly listing?: ListingReport }
  /** A bound of the slice: the next slice goes on from the committed cursor. */
  | { readonly kind: 'slice' }
  /** A bound of the definition ends the run here. */
  | { readonly kind: 'bound'; readonly because: string }
  /** `progressed`: documents were confirmed, and the committed cursor is another one than at the start. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly progressed: boolean };

export interface SliceReading {
  readonly env: SourceEnv;
  readonly context: StoringContext & { readonly source: OpenSource };
  readonly tuning: CollectionTuning;
  /** What a crawl has staged up to its last checkpoint. */
  readonly takeCrawl: () => CrawlChanges | undefined;
  /** What was witnessed of pages up to the last checkpoint. */
  readonly takeEvidence: () => StagedEvidence | undefined;
  /** `only`: a person asked for the dead letters alone. `after`: those that are due come after the whole read. */
  readonly again: 'only' | 'after';
  /** Longest time of this attempt. */
  readonly attemptMs: number;
  /** Documents that the run has taken already: earlier slices, and what an earlier attempt committed. */
  readonly taken: number;
  readonly onCommit: (counts: RunCounts) => void;
}

/** A slice ends itself before its attempt's time is over. */
const SHARE_OF_ATTEMPT = 0.8;
/** A batch commits at a checkpoint from this share of its size on. */
const CHECKPOINT_SHARE = 0.25;

/** Reads and commits in batches until the source ends or a bound is reached. What was read before an error is kept. */
export async function readSlice({
  env,
  context,
  tuning,
  takeCrawl,
  takeEvidence,
  again,
  attemptMs,
  taken: takenBefore,
  onCommit,
}: SliceReading): Promise<ReadEnding> {
  let taken = takenBefore;
  const batch = openBatch(context, tuning, (counts) => {
    taken += takenDocuments(counts);
    onCommit(counts);
  });
  const { limits } = context.definition;
  const maxDocuments = limits.maxDocuments ?? Number.POSITIVE_INFINITY;
  const endMs = Date.now() + Math.min(limits.timeoutMs, attemptMs) * SHARE_OF_ATTEMPT;
  let documents = 0;
  let listing: ListingReport | undefined;
  let nameless = 0;
  try {
    const read = (signal: AbortSignal): AsyncIterable<ReadMessage<unknown>> =>
      again === 'only' ? nothing() : context.source.read(context.claim.cursor, { ...env, signal });
    const pace = { signal: env.signal, everyMs: silenceMs(tuning) };
    for await (const message of withSilences(read, pace)) {
      env.signal.throwIfAborted();
      if (message === SILENCE) {
        await batch.pause();
      } else if (message.kind === 'listing') {
        const why = message.why ? { why: cleanDetail(message.why, context) } : {};
        const ended = message.failure ? { failure: message.failure } : {};
        listing = { complete: message.complete, ...why, ...ended };
      } else if (message.kind === 'checkpoint') {
        const staged = { crawl: takeCrawl(), evidence: takeEvidence() };
        await batch.checkpoint(message.cursor, staged);
        const isFull = documents >= limits.sliceDocuments || Date.now() >= endMs;
        if (isFull && listing === undefined && batch.advanced())
          return await batch.end({ kind: 'slice' });
      } else {
        documents += 1;
        if (message.kind === 'failed' && message.id === undefined) nameless += 1;
        await batch.add(message);
        // Only a commit tells how many of them are new to the run: a retried attempt reads some again.
        if (taken + batch.size() >= maxDocuments) await batch.flush();
        if (taken >= maxDocuments) return { kind: 'bound', because: boundReached(maxDocuments) };
      }
    }
    // First the rows of this read: what it has met already need not be read again.
    await batch.flush();
    for await (const message of readAgain(context, env, { requested: again === 'only' })) {
      await batch.add(message);
      if (Date.now() >= endMs) break;
    }
    return await batch.end({
      kind: 'end',
      ...(listing ? { listing: judged(listing, nameless) } : {}),
    });
  } catch (error) {
    if (env.signal.aborted) throw error;
    await batch.flush();
    return { kind: 'failed', error, progressed: batch.progressed() };
  }
}

// oxlint-disable-next-line typescript/require-await
async function* nothing(): AsyncGenerator<never> {
  yield* [];
}

/** What was said before a silence is committed a quarter later than it is due, at most. */
function silenceMs({ commitEveryMs }: CollectionTuning): number {
  return Math.max(25, commitEveryMs / 4);
}

/** A failure without an id may be of any document: none of those that are missing may be deleted for it. */
function judged(listing: ListingReport, nameless: number): ListingReport {
  if (!listing.complete || nameless === 0) return listing;
  const why = `${nameless} of the documents could not be read, and the source does not say which ones`;
  return { complete: false, why };
}

/** Documents that count for the bound of a run. */
export function takenDocuments(counts: Partial<RunCounts>): number {
  const { added = 0, updated = 0, unchanged = 0, failed = 0, held = 0 } = counts;
  return added + updated + unchanged + failed + held;
}

function boundReached(maxDocuments: number): string {
  return `the run stopped at its bound of ${maxDocuments} documents (limits.maxDocuments)`;
}

/** What becomes durable with a checkpoint. */
interface Staged {
  readonly crawl: CrawlChanges | undefined;
  readonly evidence: StagedEvidence | undefined;
}

function openBatch(
  context: StoringContext,
  tuning: CollectionTuning,
  onCommit: (counts: RunCounts) => void,
) {
  const startCursor = canonicalJson(context.claim.cursor ?? null);
  let messages: DocumentMessage[] = [];
  let bytes = 0;
  let cursor: unknown;
  let crawl: CrawlChanges | undefined;
  let evidence: StagedEvidence | undefined;
  let lastCursor = startCursor;
  let committedCursor = startCursor;
  let lastCommitMs = Date.now();
  let confirmed = 0;

  async function flush(): Promise<void> {
    if (messages.length === 0 && cursor === undefined) return;
    const [taken, at] = [messages, cursor];
    const end = { cursor: at, crawl, evidence };
    [messages, bytes, cursor, crawl, evidence] = [[], 0, undefined, undefined, undefined];
    const counts = await storeBatch(taken, end, context);
    onCommit(counts);
    confirmed += counts.added + counts.updated + counts.unchanged;
    if (at !== undefined) committedCursor = lastCursor;
    lastCommitMs = Date.now();
  }

  const isDue = (): boolean => Date.now() - lastCommitMs >= tuning.commitEveryMs;

  return {
    flush,
    /** The source is silent: what it has said, and the cursor after it, need not wait for its next word. */
    async pause(): Promise<void> {
      if (isDue()) await flush();
    },
    size: (): number => messages.length,
    // A site that is down makes a crawl advance over failures: that is no progress.
    progressed: (): boolean => confirmed > 0 && committedCursor !== startCursor,
    // Another slice would read the same once more where it begins as this one did, or at the beginning.
    advanced: (): boolean => lastCursor !== startCursor && lastCursor !== 'null',
    async add(message: DocumentMessage): Promise<void> {
      // A cursor covers only what came before it: later documents may go with it, it must never run ahead of earlier ones.
      messages.push(message);
      bytes += sizeOf(message);
      // A slow source may give no checkpoint for hours: what it has said is stored, and shows as progress.
      const full = messages.length >= tuning.batchDocuments || bytes >= tuning.batchBytes;
      if (full || isDue()) await flush();
    },
    async checkpoint(at: unknown, staged: Staged): Promise<void> {
      cursor = at;
      lastCursor = canonicalJson(at ?? null);
      if (staged.crawl !== undefined) crawl = mergeChanges(crawl, staged.crawl);
      evidence = mergeEvidence(evidence, staged.evidence);
      if (isDue() || messages.length >= tuning.batchDocuments * CHECKPOINT_SHARE) await flush();
    },
    async end(ending: ReadEnding): Promise<ReadEnding> {
      await flush();
      return ending;
    },
  };
}

function sizeOf(message: ReadMessage<unknown>): number {
  if (message.kind !== 'document') return 200;
  const { body } = message.document;
  return body.kind === 'file' ? 1000 : body.text.length;
}
