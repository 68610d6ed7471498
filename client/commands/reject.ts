import { decide, type DecisionOptions } from '../decide.ts';
import type { Answer, Context } from './command.ts';

/** Keeps the documents of a held set. */
export function reject(context: Context<DecisionOptions>): Promise<Answer> {
  return decide(context, 'reject');
}
