import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { isOvertaken } from '../../adapters/postgres/source-state.ts';
import { FAILURES, isFailureName, type FailureName } from '../../workflows/failures.ts';

/** An error that says by name what became of a request. */
export type OurFailure = ApplicationFailure & { readonly type: FailureName };

export function isOurs(error: unknown): error is OurFailure {
  return error instanceof ApplicationFailure && isFailureName(error.type);
}

/** Whether the same may work a little later. */
export function mayPass(error: unknown): error is OurFailure {
  return isOurs(error) && !isOvertaken(error) && FAILURES[error.type].retried;
}

/** Between the tries of one object; the SDK has tried twice in each of them. */
const PAUSES_MS = [200, 800, 2000] as const;
const LONGEST_PAUSE_MS = 5000;

/**
 * One object must not make a whole batch be read again, nor be lost: what passes is waited for here, four tries within seconds. What does not
 * pass, and a claim that another attempt has taken over, is thrown at once.
 */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      const asked = typeof error.nextRetryDelay === 'number' ? error.nextRetryDelay : 0;
      const jittered = pauseMs * (0.5 + Math.random());
      await sleep(Math.min(LONGEST_PAUSE_MS, Math.max(asked, jittered)), undefined, { signal });
    }
  }
  return work();
}
