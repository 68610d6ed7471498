import { decide, type DecisionOptions } from '../decide.ts';
import type { Answer, Context } from './command.ts';

/** Accepts what was held: deletions happen, a new baseline counts. */
export function approve(context: Context<DecisionOptions>): Promise<Answer> {
  return decide(context, 'approve');
}
