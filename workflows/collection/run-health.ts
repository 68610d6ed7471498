import { FAILURES, type FailureName, type FailurePolicy } from '../failures.ts';
import type { RunCounts } from './counts.ts';
import type { RunVerdict } from './run-status.ts';

/** Why the system itself paused a source. */
export type PausedBy = 'failure' | 'no-progress';

/** Whether a source gets anywhere, under one definition. */
export interface SourceHealth {
  /** Runs in a row that confirmed nothing, by a fault of the source. */
  readonly idleRuns: number;
  readonly pause?: HealthPause;
}

export interface HealthPause {
  readonly by: PausedBy;
  readonly failure: FailureName;
  /** A whole sentence. */
  readonly reason: string;
}

/** What of an ended run tells about the health of its source. */
export interface EndedRunFacts {
  readonly verdict: RunVerdict;
  readonly counts: Partial<RunCounts>;
  readonly listingComplete: boolean | null;
  /** The failure happened at our own infrastructure. */
  readonly platform: boolean;
}

export const HEALTHY: SourceHealth = { idleRuns: 0 };

/** So many runs in a row without progress pause a source. */
const MAX_IDLE_RUNS = 5;

/**
 * The health after a run. Progress cures everything; a failure that only a person can end pauses at once, and five runs in a row without
 * progress pause whatever the failure. Waiting for a rate limit and faults of the platform count neither way.
 */
export function healthAfter(before: SourceHealth, run: EndedRunFacts): SourceHealth {
  const { failure, because, status } = run.verdict;
  if (status !== 'failed' || failure === undefined)
    return madeProgress(run) ? HEALTHY : idle(before, run);
  if (effectOf(run) === 'pause')
    return { ...before, pause: { by: 'failure', failure, reason: because } };
  return madeProgress(run) ? HEALTHY : idle(before, run);
}

/** What a failure does to its source; at our own infrastructure it pauses nobody. */
export function effectOf({
  verdict: { failure },
  platform,
}: EndedRunFacts): FailurePolicy['effect'] | 'none' {
  if (failure === undefined) return 'none';
  const { effect } = FAILURES[failure];
  return platform && effect === 'pause' ? 'tell' : effect;
}

/** Documents were confirmed, or the listing came to its end, or there was nothing to do: an increment without news is no standstill. */
function madeProgress({ verdict, counts, listingComplete }: EndedRunFacts): boolean {
  const { added = 0, updated = 0, unchanged = 0, deleted = 0 } = counts;
  const confirmed = added + updated + unchanged + deleted > 0;
  const endedWell = verdict.status === 'succeeded' || verdict.status === 'held';
  return confirmed || listingComplete === true || endedWell;
}

function idle(before: SourceHealth, run: EndedRunFacts): SourceHealth {
  const { failure = 'SourceUnavailable', because } = run.verdict;
  const { fault, effect } = FAILURES[failure];
  if (run.platform || fault === 'platform' || effect === 'wait') return before;
  const idleRuns = before.idleRuns + 1;
  if (before.pause || idleRuns < MAX_IDLE_RUNS) return { ...before, idleRuns };
  const reason = `${idleRuns} runs in a row confirmed no document. The last one: ${because}`;
  return { idleRuns, pause: { by: 'no-progress', failure, reason } };
}
