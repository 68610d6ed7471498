import { decideWhat } from '../decide-what.ts';
import type { RepairDecision } from '../decide-repair.ts';
import type { Answer, Context } from './command.ts';

/** Accepts what was held, or the fix that waits: deletions happen, a new baseline counts, a fix goes in force. */
export function approve(context: Context<RepairDecision>): Promise<Answer> {
  return decideWhat(context, 'approve');
}
