import { rearmDeploys } from '../../adapters/postgres/gate-calibrations.ts';
import { author } from '../author.ts';
import { wrongUsage } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Answer, Context } from './command.ts';

/** Lets the gate deploy by itself again, after two rollbacks in a week turned that off everywhere. */
export async function repairsRearm(
  context: Context<{ readonly reason: string | undefined }>,
): Promise<Answer> {
  const { reason = '' } = context.options;
  if (reason.trim() === '')
    throw wrongUsage(
      'Why fixes may be deployed without a person again must be said: it is kept.',
      `Add --reason, for example: ${ourCommand('repairs rearm --reason "both rollbacks were one site that moved"')}`,
    );
  const by = author();
  const db = await (await context.system()).database();
  await rearmDeploys(db, { by, because: reason });
  return {
    data: { by, reason },
    text: 'Armed again: the gate may deploy where the policy says "autonomous" and outcomes have proven enough. Rollbacks from now on count anew.',
  };
}
