import { decide, type DecisionOptions } from '../decide.ts';
import type { Answer, Context } from './command.ts';

/** Keeps everything that was held as it is. */
export function reject(context: Context<DecisionOptions>): Promise<Answer> {
  return decide(context, 'reject');
}
