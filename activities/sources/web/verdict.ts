import { ApplicationFailure } from '@temporalio/common';
import { FAILURES, isFailureName, type FailureName } from '../../../workflows/failures.ts';
import type { CheckResult } from '../../../workflows/collection/inspection.ts';
import type { SourceEnv } from '../contract.ts';

export function pass(capability: string, detail: string): CheckResult {
  return { capability, verdict: 'PASS', detail };
}

export function fail(capability: string, detail: string, remedy: string): CheckResult {
  return { capability, verdict: 'FAIL', detail, remedy };
}

/** Turns what is thrown into a verdict: what may pass by itself is INDETERMINATE, never FAIL. */
export async function attempt(
  { signal }: Pick<SourceEnv, 'signal'>,
  capability: string,
  act: () => Promise<CheckResult>,
): Promise<CheckResult> {
  try {
    return await act();
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ApplicationFailure) || !isFailureName(error.type)) throw error;
    const { type, message } = error;
    if (FAILURES[type].retried)
      return { capability: 'connect', verdict: 'INDETERMINATE', detail: message };
    return fail(CAPABILITIES[type] ?? capability, message, FAILURES[type].remedy);
  }
}

/** What cannot be done, where the failure says it better than the step in which it came. */
const CAPABILITIES: Partial<Readonly<Record<FailureName, string>>> = {
  AccessDenied: 'authorise',
  AuthExpired: 'authenticate',
  Blocked: 'authorise',
  EmptyResult: 'extraction non-empty',
  SelectorMissing: 'extraction non-empty',
};
