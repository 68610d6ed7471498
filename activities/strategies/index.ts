import type { Strategy } from './contract.ts';
import { similarity } from './similarity.ts';
import { valueAnchor } from './value-anchor.ts';

/**
 * Every strategy that finds a fix from the evidence alone, by cost and trust. Adding one is one file beside this one and one line here.
 * All of them are pure, so that they may run in a thread.
 */
export const STRATEGIES: readonly Strategy[] = [valueAnchor, similarity];
