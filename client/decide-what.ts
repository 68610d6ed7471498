import { findHeldSets } from '../adapters/postgres/held-reports.ts';
import { shortDigest } from '../workflows/approval/held-workflow-id.ts';
import type { Answer, Context } from './commands/command.ts';
import { decide } from './decide.ts';
import { decideRepair, type RepairDecision } from './decide-repair.ts';
import { findIncident, waitsForPeople } from './find-incident.ts';
import { Problem } from './problem.ts';

/** A decision about whatever is meant: a held set, or a fix that waits. A source may have both; then one must be named by its id. */
export async function decideWhat(
  context: Context<RepairDecision>,
  verdict: 'approve' | 'reject',
): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const db = await (await context.system()).database();
  const [held] = await findHeldSets(db, wanted);
  const incident = await findIncident(db, wanted);
  if (!incident) return decide(context, verdict);
  const isHeldOpen = held?.state === 'open';
  if (isHeldOpen && waitsForPeople(incident) && incident.id !== wanted)
    throw new Problem(
      `"${wanted}" may mean held set ${shortDigest(held.digest)} or the fix of incident ${incident.id}.`,
      { failure: 'NotFound', remedy: 'Name one of them by its id.' },
    );
  const isRepair = incident.id === wanted || waitsForPeople(incident) || !held;
  return isRepair ? decideRepair(context, incident, verdict) : decide(context, verdict);
}
