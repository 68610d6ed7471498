import { readHeldSet, type HeldSetReport } from '../../adapters/postgres/held-reports.ts';
import { closeNotices } from '../../adapters/postgres/notices.ts';
import type {
  HeldSetReference,
  RecordedVerdict,
  RecordReminderInput,
} from '../../workflows/approval/activities.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { ASKING_NOTICES, type NewNotice } from '../../workflows/notices/notice.ts';
import type { NoticeDependencies } from '../notices/dependencies.ts';
import { tell } from '../notices/tell.ts';

type Tellers = Pick<NoticeDependencies, 'db' | 'wakeTeller'>;

/** Once a reminder or an escalation: their numbers are part of what is told. */
export async function tellOfReminder(
  { tenant, source, digest, reminders, escalations, to }: RecordReminderInput,
  deps: Tellers,
): Promise<void> {
  const set = await readHeldSet(deps.db, { tenant, source, digest });
  if (set?.state !== 'open') return;
  const whom = to.length > 0 ? ` Asked are now ${to.map((one) => `"${one}"`).join(', ')}.` : '';
  const what = `A question about source "${source}" still waits, since ${timeText(set.openedAt.getTime())}.${whom} ${set.reason}`;
  const subject = `${digest}#${reminders}.${escalations}`;
  await tell([noticeOf(set, { kind: 'approval-reminder', subject, what })], deps);
}

/** A question that is answered needs nobody any more; one that ran out of time is told, for nothing was decided. */
export async function tellOfVerdict(
  { tenant, source, digest }: HeldSetReference,
  recorded: RecordedVerdict,
  deps: Tellers,
): Promise<void> {
  const { state, by } = recorded;
  if (state === 'open') return;
  const because = by === undefined ? `it is ${state}` : `it is ${state} by ${by}`;
  const about = { tenant, source, because };
  await closeNotices(deps.db, { ...about, kinds: ASKING_NOTICES, subject: digest });
  // The hold names the commands that have just been typed; a question that nobody answered leaves it as it is.
  if (state !== 'expired') await closeNotices(deps.db, { ...about, kinds: ['run-held'] });
  const set =
    state === 'expired' ? await readHeldSet(deps.db, { tenant, source, digest }) : undefined;
  if (!set) return;
  const what = `Nobody answered a question about source "${source}" in time, so everything is kept. The next run that finds the same asks again. ${set.reason}`;
  await tell([noticeOf(set, { kind: 'approval-expired', subject: digest, what })], deps);
}

function noticeOf(
  { tenant, source, run, openedAt: since, state }: HeldSetReport,
  told: Pick<NewNotice, 'kind' | 'subject' | 'what'>,
): NewNotice {
  const command = state === 'open' ? 'approvals' : `run ${source}`;
  return { tenant, source, run, since, command: `npm run cli -- ${command}`, ...told };
}
