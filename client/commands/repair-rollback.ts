import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../adapters/postgres/database.ts';
import { readIncident, type Incident } from '../../adapters/postgres/incidents.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { author } from '../author.ts';
import { canAsk, confirm } from '../confirm.ts';
import { requiredIncident } from '../find-incident.ts';
import { Problem } from '../problem.ts';
import { orderRollback } from '../repair-orders.ts';
import { deliveryOf, isDeployed } from '../repair-view.ts';
import { ourCommand } from '../spoken-commands.ts';
import { clean } from '../text.ts';
import type { Answer, Context } from './command.ts';

export interface RollbackOptions {
  readonly reason: string | undefined;
  readonly yes: boolean;
}

/** Takes a deployed fix out of force and waits until it is; asked again it only answers. */
export async function repairRollback(context: Context<RollbackOptions>): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const { options } = context;
  const system = await context.system();
  const db = await system.database();
  const incident = await requiredIncident(db, wanted);
  if (deliveryOf(incident).rolledBack && !isDeployed(deliveryOf(incident)))
    return told(incident, false);
  if (!deliveryOf(incident).deployed) throw nothingDeployed(incident);
  const question = `Take the fix of "${incident.source}" out of force?`;
  if (!options.yes && canAsk() && !(await confirm(question)))
    return {
      data: { rolledBack: false, incident: incident.id },
      text: 'Nothing was rolled back.',
      exitCode: 130,
    };
  const order = { by: author(), reason: options.reason ?? '' };
  await orderRollback(await system.temporal(), incident, order);
  return told(await follow(db, incident), true);
}

/** Seconds, once a worker has it. */
const FOLLOW_MS = 60_000;
const POLL_MS = 250;

async function follow(db: Database, { id }: Incident): Promise<Incident> {
  const untilMs = Date.now() + FOLLOW_MS;
  for (;;) {
    const now = await readIncident(db, id);
    if (now && !isDeployed(deliveryOf(now))) return now;
    if (Date.now() > untilMs) throw notYet(id);
    await sleep(POLL_MS);
  }
}

function told(incident: Incident, isNews: boolean): Answer {
  const { id, source } = incident;
  const { rolledBack } = deliveryOf(incident);
  const { by = '', atMs = 0, because = '' } = rolledBack ?? {};
  const before = `The fix of incident "${id}" was rolled back before: ${timeText(atMs)}, by ${clean(by)}. ${clean(because)}`;
  const now = `Rolled back: source "${source}" reads as it did before the fix of incident "${id}", and a run of it was started. What broke is broken again: mend the definition, or see with "${ourCommand('repairs')}" whether a new repair begins.`;
  return { data: { rolledBack: true, changed: isNews, incident }, text: isNews ? now : before };
}

function nothingDeployed({ id, stage, state }: Incident): Problem {
  const next = state === 'open' ? `it is ${stage}` : 'it is closed';
  return new Problem(`No fix of incident "${id}" was ever deployed: ${next}.`, {
    failure: 'NotFound',
    remedy: `"${ourCommand(`repair show ${id}`)}" shows how it stands.`,
  });
}

function notYet(id: string): Problem {
  return new Problem(
    `The rollback of incident "${id}" is ordered, and was not done within ${FOLLOW_MS / 1000} seconds.`,
    {
      failure: 'Unavailable',
      remedy: `Look whether a worker runs: it does it as soon as it can. "${ourCommand(`repair show ${id}`)}" shows whether it was refused.`,
    },
  );
}
