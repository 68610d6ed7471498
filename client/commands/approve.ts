import { decide, type DecisionOptions } from '../decide.ts';
import type { Answer, Context } from './command.ts';

/** Lets a held set of deletions happen. */
export function approve(context: Context<DecisionOptions>): Promise<Answer> {
  return decide(context, 'approve');
}
