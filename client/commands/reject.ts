import { decideWhat } from '../decide-what.ts';
import type { RepairDecision } from '../decide-repair.ts';
import type { Answer, Context } from './command.ts';

/** Keeps everything as it is: what was held stays, and a fix that waits is refused. */
export function reject(context: Context<RepairDecision>): Promise<Answer> {
  return decideWhat(context, 'reject');
}
