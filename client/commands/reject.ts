import { suggestion } from '../../adapters/definitions/nearest.ts';
import { decideWhat } from '../decide-what.ts';
import type { RepairDecision } from '../decide-repair.ts';
import { wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Keeps everything as it is: what was held stays, and a fix that waits is refused. */
export async function reject(context: Context<RepairDecision>): Promise<Answer> {
  const { class: given } = context.options;
  if (given !== undefined && !CLASSES.includes(given))
    throw wrongUsage(
      `"${given}" is no class of reasons. ${suggestion(given, CLASSES, 'Classes')}`,
      `See "${ourCommand('reject --help')}".`,
    );
  return decideWhat(context, 'reject');
}

const CLASSES: readonly string[] = ['wrong-data', 'style', 'unsafe', 'not-a-bug', 'site-gone'];
