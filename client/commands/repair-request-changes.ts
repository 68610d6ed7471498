import { decideRepair } from '../decide-repair.ts';
import { requiredIncident } from '../find-incident.ts';
import { wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Sends a fix back with what is wrong about it; the next attempt knows the reason. */
export async function repairRequestChanges(
  context: Context<{ readonly reason: string | undefined; readonly yes: boolean }>,
): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const { reason = '' } = context.options;
  if (reason.trim() === '')
    throw wrongUsage(
      'What is wrong with the fix must be said: the next attempt works with it.',
      `Add --reason, for example: ${ourCommand(`repair request-changes ${wanted} --reason "the price is that of another product"`)}`,
    );
  const db = await (await context.system()).database();
  return decideRepair(context, await requiredIncident(db, wanted), 'request-changes');
}
