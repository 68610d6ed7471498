import { log } from '@temporalio/activity';
import { readBacklog, webhooksWithPosts } from '../../adapters/postgres/notice-posts.ts';
import { noteNotices } from '../../adapters/postgres/notices.ts';
import { notificationsInForce } from '../../adapters/postgres/revisions.ts';
import { NOTICE_KINDS, type NewNotice } from '../../workflows/notices/notice.ts';
import type { NoticeDependencies } from './dependencies.ts';

type Tellers = Pick<NoticeDependencies, 'db' | 'wakeTeller'>;

/**
 * Notes what people should know and wakes who tells them. Idempotent: what is open already is told once. Where waking fails, nothing is
 * lost: `watchFreshness` wakes the tellers of whatever waits.
 */
export async function tell(notices: readonly NewNotice[], deps: Tellers): Promise<void> {
  if ((await noteNotices(deps.db, notices)) > 0) await wakeTellers(deps);
}

/**
 * Wakes the teller of each webhook that has not been told everything. One whose requests wait is at work already, or will be when its
 * receiver answers: a storm of notices must not fill its history.
 */
export async function wakeTellers(deps: Tellers): Promise<void> {
  for (const { id, events } of await notificationsInForce(deps.db)) {
    const { pending, waiting } = await readBacklog(deps.db, id, events ?? NOTICE_KINDS);
    if (pending && !waiting) await wake(id, deps);
  }
}

/** Wakes the tellers of all that waits, also of what was lost: of a worker that died before it woke one, of a teller that broke. */
export async function wakeAllTellers(deps: Tellers): Promise<void> {
  await wakeTellers(deps);
  for (const webhook of await webhooksWithPosts(deps.db)) await wake(webhook, deps);
}

/** The work of the caller is done: it must not fail because a message waits a few minutes longer. */
async function wake(webhook: string, { wakeTeller }: Tellers): Promise<void> {
  try {
    await wakeTeller(webhook);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('a teller was not woken', { webhook, reason });
  }
}
