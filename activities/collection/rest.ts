import { ApplicationFailure } from '@temporalio/common';
import { isOvertaken } from '../../adapters/postgres/source-state.ts';
import { FAILURES, isFailureName, type FailurePolicy } from '../../workflows/failures.ts';

export interface BrokenOff {
  /** Documents were confirmed, and the cursor is another one. */
  readonly progressed: boolean;
  /** Of Temporal's attempts at this slice, from 1 on. */
  readonly attempt: number;
}

/**
 * How long to rest before the next slice goes on from the cursor, when a read broke off with progress or has to wait: neither uses up an
 * attempt. Undefined where Temporal's retry policy decides, which knows five attempts in a row.
 */
export function restAfter(error: unknown, { progressed, attempt }: BrokenOff): number | undefined {
  const effect = effectOf(error);
  const waits = effect === 'wait';
  if ((!waits && effect !== 'retry') || isOvertaken(error)) return undefined;
  const askedMs = askedWaitMs(error) ?? (waits ? DEFAULT_WAIT_MS : 0);
  const isWait = waits && (askedMs > SHORT_WAIT_MS || attempt >= LAST_SHORT_WAIT);
  const isLong = (askedWaitMs(error) ?? 0) > SHORT_WAIT_MS;
  return progressed || isWait || isLong ? Math.max(askedMs, REST_MS) : undefined;
}

/** `nextRetryDelay` of our own failures is always in milliseconds. */
export function askedWaitMs(error: unknown): number | undefined {
  const delay = error instanceof ApplicationFailure ? error.nextRetryDelay : undefined;
  return typeof delay === 'number' ? delay : undefined;
}

/** Waits of at most a minute stay in the activity's own retry; longer ones end the slice and become a timer of the workflow. */
const SHORT_WAIT_MS = 60_000;
/** From this attempt on short waits end the slice, too: five of them in a row would be the whole budget. */
const LAST_SHORT_WAIT = 3;
/** A rate limit that does not say for how long. */
const DEFAULT_WAIT_MS = 60_000;
/** After progress a failed attempt rests this long before the next slice. */
export const REST_MS = 15_000;

/** A bug is tried again by Temporal, and bounded there. */
function effectOf(error: unknown): FailurePolicy['effect'] | undefined {
  if (!(error instanceof ApplicationFailure) || !isFailureName(error.type)) return undefined;
  const { effect, retried } = FAILURES[error.type];
  return retried && effect === 'tell' ? 'retry' : effect;
}
