import type { Proposal, StrategyAnswer } from '../contract.ts';

/** Proposals, or why there are none: the reasons, one after the other. */
export function answerOf(
  proposals: readonly Proposal[],
  reasons: readonly string[],
): StrategyAnswer {
  if (proposals.length > 0) return { proposals };
  const because = reasons.slice(0, MAX_REASONS).join(' ');
  return {
    proposals: [],
    abstains: because === '' ? 'Nothing here is what this strategy mends.' : because,
  };
}

/** What was found for one field: a fix of it, or why there is none. */
export interface FieldFinding {
  readonly proposal?: Proposal;
  readonly because?: string;
}

/** The fixes of all fields, or why there are none; `others` are reasons beside theirs. */
export function answerOfFields(
  findings: readonly FieldFinding[],
  others: readonly string[] = [],
): StrategyAnswer {
  return answerOf(
    findings.flatMap(({ proposal }) => proposal ?? []),
    [...findings.flatMap(({ because }) => because ?? []), ...others],
  );
}

const MAX_REASONS = 3;
