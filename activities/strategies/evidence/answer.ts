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

const MAX_REASONS = 3;
