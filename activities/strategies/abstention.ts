import type { StrategyAnswer } from './contract.ts';

/** The answer of a strategy that could not answer itself. */
export function abstention(because: string): StrategyAnswer {
  return { proposals: [], abstains: because };
}

/** Of one that was not done in time. */
export function tooSlow(deadlineMs: number): StrategyAnswer {
  return abstention(`It took more than ${deadlineMs / 1000} seconds.`);
}
