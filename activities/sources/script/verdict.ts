import { ApplicationFailure } from '@temporalio/common';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import { FAILURES, isFailureName } from '../../../workflows/failures.ts';

/** PASS with what `attempt` answers; a failure of ours becomes FAIL, or INDETERMINATE where trying again may help. */
export async function verdict(
  capability: string,
  attempt: () => Promise<string>,
): Promise<CheckResult> {
  try {
    return { capability, verdict: 'PASS', detail: await attempt() };
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || !isFailureName(error.type)) throw error;
    const { retried, remedy } = FAILURES[error.type];
    const detail = `${error.message}${tailOf(error)}`;
    return { capability, verdict: retried ? 'INDETERMINATE' : 'FAIL', detail, remedy };
  }
}

function tailOf(error: ApplicationFailure): string {
  const [details] = error.details ?? [];
  const tail =
    typeof details === 'object' && details !== null && 'stderrTail' in details
      ? details.stderrTail
      : undefined;
  return typeof tail === 'string' && tail !== '' ? ` Its standard error ends with: ${tail}` : '';
}
