import { closeNotices } from '../../adapters/postgres/notices.ts';
import { tell } from '../notices/tell.ts';
import type { TellOfRepairInput } from '../../workflows/repair/activities.ts';
import { ASKING_NOTICES, type NewNotice } from '../../workflows/notices/notice.ts';
import type { RepairDependencies } from './dependencies.ts';
import { openCase } from './open-case.ts';

/** What a kind of message is to those who listen. */
const NOTICES = {
  question: { kind: 'approval-waiting', severity: 'warning' },
  reminder: { kind: 'approval-reminder', severity: 'warning' },
  escalation: { kind: 'approval-reminder', severity: 'critical' },
  expired: { kind: 'approval-expired', severity: 'warning' },
  alert: { kind: 'repair-alert', severity: 'critical' },
  'rolled-back': { kind: 'repair-alert', severity: 'critical' },
  closed: { kind: 'incident-closed', severity: 'info' },
} as const satisfies Record<TellOfRepairInput['kind'], Pick<NewNotice, 'kind' | 'severity'>>;

/** What says how an incident stands now: what was said before of the same incident is so no longer. */
const STANDINGS: ReadonlySet<TellOfRepairInput['kind']> = new Set([
  'question',
  'alert',
  'rolled-back',
]);

/** Tells people once each: kind and number are part of what is told. Of what waits for people the newest alone stays open. */
export async function tellOfRepair(
  input: TellOfRepairInput,
  deps: RepairDependencies,
): Promise<void> {
  const { tenant, source, incident: id, kind, count, to, what } = input;
  const { incident } = await openCase(input, deps);
  const whom = to.length > 0 ? ` Asked are ${to.map((one) => `"${one}"`).join(', ')}.` : '';
  await tell(
    [
      {
        ...NOTICES[kind],
        tenant,
        source,
        ...(incident.run === null ? {} : { run: incident.run }),
        subject: `${id}#${kind}.${count}`,
        what: `${what}${whom}`,
        command: `npm run cli -- repair show ${id}`,
        since: incident.firstFailureAt,
      },
    ],
    deps,
  );
  if (!STANDINGS.has(kind)) return;
  await closeNotices(deps.db, {
    tenant,
    source,
    kinds: [...ASKING_NOTICES, 'repair-alert'],
    subject: id,
    below: count,
    because: `something newer was told of incident "${id}"`,
  });
}
