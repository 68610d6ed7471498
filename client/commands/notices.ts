import {
  readOpenNotices,
  readUndelivered,
  type NoticePage,
  type NoticeReport,
  type UndeliveredPost,
} from '../../adapters/postgres/notice-reports.ts';
import { notificationsInForce } from '../../adapters/postgres/revisions.ts';
import { sourceInForce } from '../known-source.ts';
import { relativeTime } from '../relative-time.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Palette, Terminal } from '../terminal.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** What people should know now, whom it was told, and what could not be delivered. */
export async function notices(context: Context<{ readonly limit: number }>): Promise<Answer> {
  const [source] = context.positionals;
  const { limit } = context.options;
  const db = await (await context.system()).database();
  if (source !== undefined) await sourceInForce(db, source);
  const page = await readOpenNotices(db, { limit, ...(source === undefined ? {} : { source }) });
  const undelivered = await readUndelivered(db, { limit });
  const webhooks = (await notificationsInForce(db)).map(({ id }) => id);
  const now = new Date();
  const text = [
    openText(page, context.terminal, now),
    ...(undelivered.length > 0 ? [undeliveredText(undelivered, context.terminal, now)] : []),
    whoText(webhooks),
  ].join('\n\n');
  return { data: { ...page, undelivered, webhooks }, text };
}

function openText({ notices: shown, total }: NoticePage, terminal: Terminal, now: Date): string {
  if (total === 0) return terminal.paint.good('Nothing needs a person.');
  const more = total - shown.length;
  return [
    ...shown.map((one) => noticeText(one, terminal, now)),
    `${plural(total, 'open notice')}${more > 0 ? `, ${more} more than shown (--limit)` : ''}. Each ends by itself when its cause is gone.`,
  ].join('\n\n');
}

function noticeText(notice: NoticeReport, { width, paint }: Terminal, now: Date): string {
  const { kind, severity, source, what, command, since } = notice;
  const look = { critical: paint.bad, warning: paint.warn, info: paint.faint }[severity];
  const about = source === null ? '' : `  ${paint.strong(source)}`;
  return [
    `${look(kind)}${about}  since ${relativeTime(since, now)}`,
    indented(clean(what), width, '  '),
    `  ${command}`,
    paint.faint(indented(toldText(notice), width, '  ')),
  ].join('\n');
}

function toldText({ deliveries }: NoticeReport): string {
  if (deliveries.length === 0) return 'told nobody yet';
  return deliveries.map(({ webhook, state }) => `${webhook}: ${state}`).join(', ');
}

function undeliveredText(
  posts: readonly UndeliveredPost[],
  { width, paint }: Terminal,
  now: Date,
): string {
  const lines = posts.map((post) => {
    const { webhook, state, attempts, createdAt, problem, what } = post;
    const head = `${webhook}  ${state}, ${plural(attempts, 'attempt')}, from ${relativeTime(createdAt, now)}`;
    const why = problem === null ? [] : [indented(clean(problem), width, '    ')];
    return [`  ${stateLook(post, paint)(head)}`, indented(clean(what), width, '    '), ...why].join(
      '\n',
    );
  });
  return [paint.strong('Not delivered'), ...lines].join('\n');
}

function stateLook({ state }: UndeliveredPost, { bad, warn }: Palette) {
  return state === 'waiting' ? warn : bad;
}

function whoText(webhooks: readonly string[]): string {
  if (webhooks.length === 0)
    return 'Nobody is told: there is no webhook. Add one to "notifications:" of the definitions.';
  return `Told: ${webhooks.join(', ')}. Try one: ${ourCommand(`notices test ${webhooks[0] ?? ''}`)}`;
}
