import { readDeadLetters, type DeadLetterReport } from '../../adapters/postgres/reports.ts';
import { sourceInForce } from '../known-source.ts';
import { relativeTime } from '../relative-time.ts';
import { ourCommand } from '../spoken-commands.ts';
import type { Terminal } from '../terminal.ts';
import { clean, indented, plural } from '../text.ts';
import type { Answer, Context } from './command.ts';

/** Documents that could not be collected, and why. */
export async function deadLetters(context: Context<{ readonly limit: number }>): Promise<Answer> {
  const [source] = context.positionals;
  const db = await (await context.system()).database();
  const { limit } = context.options;
  const page = await readDeadLetters(db, { limit, ...(source === undefined ? {} : { source }) });
  if (page.total === 0) {
    if (source !== undefined) await sourceInForce(db, source);
    return {
      data: page,
      text: `No dead letters${source === undefined ? '' : ` of "${source}"`}: every document could be collected.`,
    };
  }
  const now = new Date();
  const more = page.total - page.deadLetters.length;
  return {
    data: page,
    text: [
      ...page.deadLetters.map((letter) => letterText(letter, context.terminal, now)),
      `${plural(page.total, 'dead letter')}${more > 0 ? `, ${more} more than shown (--limit)` : ''}. One that succeeds leaves this list. "${ourCommand(`dead-letters retry ${source ?? '<source>'} --all`)}" tries them now.`,
    ].join('\n\n'),
  };
}

function letterText(letter: DeadLetterReport, { width, paint }: Terminal, now: Date): string {
  const { source, id, failure, detail, attempts, lastSeen } = letter;
  const name = id === null ? '(a document without a name)' : clean(id);
  return [
    indented(`${source}  ${name}`, width, '  ', '').replace(source, () => paint.strong(source)),
    indented(`${failure}: ${clean(detail)}`, width, '  '),
    paint.faint(
      `  tried ${plural(attempts, 'time')}, met ${relativeTime(lastSeen, now)}; ${nextText(letter, now)}`,
    ),
  ].join('\n');
}

function nextText({ nextAttempt }: DeadLetterReport, now: Date): string {
  if (nextAttempt === null) return 'not again by itself';
  return nextAttempt <= now
    ? 'the next run tries again'
    : `tried again ${relativeTime(nextAttempt, now)}`;
}
