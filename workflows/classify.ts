import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { isFailureName, type FailureName } from './failures.ts';

export interface Classified {
  readonly name: FailureName;
  /** A whole sentence. */
  readonly message: string;
  /** Our own infrastructure failed, not the source. */
  readonly platform?: true;
}

/** Walks the causes of an error to the first failure of ours. What is none of ours is a time-out of the platform or a defect. */
export function classify(error: unknown): Classified {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApplicationFailure && isFailureName(at.type)) return classified(at, at.type);
    if (at instanceof TimeoutFailure) return lastFailure(at) ?? timedOut(at, error);
    if (at instanceof CancelledFailure)
      return { name: 'Unavailable', message: 'The run was cancelled.' };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { name: 'Defect', message: `Something unexpected happened: ${message}` };
}

/** When the time for retries is over, the reason of the last attempt says more than the clock. */
function lastFailure({ cause }: TimeoutFailure): Classified | undefined {
  if (!(cause instanceof ApplicationFailure) || !isFailureName(cause.type)) return undefined;
  return classified(cause, cause.type);
}

function classified({ message, details }: ApplicationFailure, name: FailureName): Classified {
  const isPlatform = (details?.[0] as { platform?: unknown } | null | undefined)?.platform === true;
  return { name, message, ...(isPlatform ? { platform: true } : {}) };
}

function timedOut(timeout: TimeoutFailure, error: unknown): Classified {
  const step = error instanceof ActivityFailure ? `"${error.activityType}"` : 'a step';
  const kinds: Readonly<Record<string, string>> = {
    START_TO_CLOSE: 'one attempt took longer than the source allows (limits.timeout)',
    SCHEDULE_TO_CLOSE: 'all attempts together took longer than the source allows (limits.timeout)',
    HEARTBEAT: 'its worker went silent, and no other one finished it',
    SCHEDULE_TO_START: 'no worker took it',
  };
  const why = kinds[timeout.timeoutType ?? ''] ?? 'the time was over';
  return { name: 'SourceUnavailable', message: `${step} timed out: ${why}.` };
}
