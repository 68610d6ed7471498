import type { QuestionKind } from '../approval/activities.ts';
import type { FailureName } from '../failures.ts';
import type { RunCounts } from './counts.ts';

export type RunStatus = 'succeeded' | 'partial' | 'failed' | 'held';

/** Everything about a run that decides its status. */
export interface RunEvidence {
  readonly counts: RunCounts;
  /** Undefined where the source type has no listing in this run. */
  readonly listing?: ListingReport;
  readonly held?: HeldReport;
  /** What a person has rejected, as a clause. */
  readonly kept?: string;
  /** How a person can let the held documents in, as a sentence. */
  readonly asked?: string;
  /** The run stopped before the end because a bound of its definition was reached. */
  readonly boundReached?: string;
  /** What nearly all failed documents failed by, where that is the source's own break. */
  readonly failedAs?: FailureName;
}

export interface ListingReport {
  readonly complete: boolean;
  readonly why?: string;
  /** What ended an incomplete one. */
  readonly failure?: FailureName;
}

export interface HeldReport {
  /** What is asked about; deletions where it is left out. */
  readonly kind?: QuestionKind;
  readonly failure: FailureName;
  /** Whole sentences with numbers and the commands that answer. */
  readonly reason: string;
  /** Names the question: for deletions sha256 over the sorted hashes of the documents that would go. */
  readonly digest: string;
  /** How many documents, or changes of the source's shape, it is about. */
  readonly candidates: number;
  /** Of how many. */
  readonly live: number;
  /** At most ten titles, ids or changes. */
  readonly sample: readonly string[];
  /** A detector holds the run: this incident goes on with it, and people are asked nothing about the run itself. */
  readonly incident?: string;
}

export interface RunVerdict {
  readonly status: RunStatus;
  /** A whole sentence for people; empty for `succeeded`. */
  readonly because: string;
  readonly failure?: FailureName;
}

/** A run fails for documents only beyond both of them (the two thresholds of Onyx): more than 3, and more than a tenth. */
const TOLERATED_FAILURES = 3;
const TOLERATED_FAILURE_SHARE = 0.1;

/** So large a share of the failed documents has to agree. */
const AGREEING_SHARE = 0.8;
/** What documents fail by when their source is broken or closed, rather than each for itself. */
const BREAKS: ReadonlySet<FailureName> = new Set([
  'SelectorMissing',
  'EmptyResult',
  'SchemaDrift',
  'ContentShrank',
  'Blocked',
]);

/** The break that nearly all failed documents agree on; undefined where they failed by several names, or each by its own fault. */
export function dominatingFailure(
  failures: Readonly<Partial<Record<FailureName, number>>>,
): FailureName | undefined {
  const names = Object.entries<number | undefined>(failures) as [FailureName, number][];
  const all = names.reduce((sum, [, count]) => sum + count, 0);
  return names.find(([name, count]) => BREAKS.has(name) && count >= all * AGREEING_SHARE)?.[0];
}

/**
 * The status of a run that came to its end: first match wins, never green with nothing collected after an error.
 * A run that threw is `failed` by its failure's name and does not come here.
 */
export function judgeRun(evidence: RunEvidence): RunVerdict {
  const { counts, listing, held, kept, asked, boundReached, failedAs } = evidence;
  const confirmed = counts.added + counts.updated + counts.unchanged;
  const total = confirmed + counts.failed;
  if (counts.failed > 0 && confirmed === 0) {
    return failed(`All ${plural(counts.failed, 'document')} failed and none was stored.`, failedAs);
  }
  if (counts.failed > TOLERATED_FAILURES && counts.failed > total * TOLERATED_FAILURE_SHARE) {
    return failed(
      `${counts.failed} of ${plural(total, 'document')} failed. What was stored stays.`,
      failedAs,
    );
  }
  if (held) return { status: 'held', because: held.reason, failure: held.failure };
  const reasons = [
    counts.failed > 0 ? `${plural(counts.failed, 'document')} of ${total} failed` : '',
    counts.held > 0
      ? `${plural(counts.held, 'document')} ${counts.held === 1 ? 'was' : 'were'} held`
      : '',
    listing && !listing.complete
      ? `the listing was incomplete (${listing.why ?? 'no reason given'})`
      : '',
    kept ?? '',
    boundReached ?? '',
  ].filter((reason) => reason !== '');
  if (reasons.length === 0) return { status: 'succeeded', because: '' };
  const because = `${capitalised(reasons.join('; '))}.`;
  return {
    status: 'partial',
    because: asked === undefined ? because : `${because} ${asked}`,
    ...(listing?.failure ? { failure: listing.failure } : {}),
  };
}

function failed(because: string, failure: FailureName = 'InvalidDocument'): RunVerdict {
  return { status: 'failed', because, failure };
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
