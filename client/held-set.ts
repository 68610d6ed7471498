import { findHeldSets, type HeldSetReport } from '../adapters/postgres/held-reports.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { shortDigest } from '../workflows/approval/held-workflow-id.ts';
import { wordsOf } from '../workflows/approval/question-words.ts';
import { timeText } from '../workflows/approval/words.ts';
import { FAILURES, type FailureName } from '../workflows/failures.ts';
import { Problem } from './problem.ts';
import { relativeTime } from './relative-time.ts';
import { ourCommand } from './spoken-commands.ts';
import type { Terminal } from './terminal.ts';
import { clean, indented } from './text.ts';

/** The held set that a person means: by the beginning of its digest, or the open one of a source, else its newest. */
export async function findHeldSet(db: Database, wanted: string): Promise<HeldSetReport> {
  const [first, second] = await findHeldSets(db, wanted);
  if (!first) throw unknownSet(wanted);
  // One source may be asked about in several ways at once: which one is meant must be said.
  if (first.state === 'open' && second?.state === 'open')
    throw severalSets(wanted, [first, second]);
  return first;
}

/** Why nobody can decide about it any more; undefined while somebody can. */
export function refusalOf(set: HeldSetReport): Problem | undefined {
  const { source, state, decidedAt } = set;
  const when = decidedAt ? ` on ${timeText(decidedAt.getTime())}` : '';
  const subject = `${wordsOf(set.kind, set).subject} of source "${source}" (${shortDigest(set.digest)})`;
  const who = clean(set.decidedBy ?? 'somebody');
  switch (state) {
    case 'open':
      return undefined;
    case 'approved':
    case 'rejected':
      return refused(
        'AlreadyDecided',
        `The question about ${subject} was ${state} by "${who}"${when}.`,
      );
    case 'expired':
      return refused('DeadlinePassed', `The time to decide about ${subject} was over${when}.`);
    case 'superseded':
      return refused(
        'StaleDecision',
        `The source shows another picture than ${subject}${when ? `, since${when.replace(' on', '')}` : ''}.`,
      );
    default:
      throw new Error(`A held set has the state "${String(state satisfies never)}".`);
  }
}

/** What is asked, as a person has to see it before deciding. */
export function heldSetText(set: HeldSetReport, { width, paint }: Terminal, now: Date): string {
  const { kind, source, digest, candidates, sample, openedAt, reason, run } = set;
  const more = candidates - sample.length;
  return [
    `${paint.strong(source)}  ${paint.warn(wordsOf(kind, set).question)}  ${paint.faint(`${shortDigest(digest)}, held ${relativeTime(openedAt, now)} by ${run}`)}`,
    indented(clean(reason), width, '  '),
    ...sample.map((title) => indented(clean(title), width, '    ', '  · ')),
    ...(more > 0 ? [paint.faint(`  … and ${more} more`)] : []),
  ].join('\n');
}

function refused(failure: FailureName, message: string): Problem {
  return new Problem(message, { failure, remedy: FAILURES[failure].remedy });
}

function unknownSet(wanted: string): Problem {
  const message = `There is no held set or incident "${wanted}", nor a source of that name with one.`;
  return new Problem(message, {
    failure: 'NotFound',
    remedy: `"${ourCommand('approvals')}" and "${ourCommand('repairs')}" list them.`,
  });
}

function severalSets(wanted: string, sets: readonly HeldSetReport[]): Problem {
  const which = sets
    .map((set) => `${set.digest.slice(0, 12)} (${set.source}: ${wordsOf(set.kind, set).question})`)
    .join(', ');
  return new Problem(`"${wanted}" may mean several held sets: ${which}.`, {
    failure: 'NotFound',
    remedy: 'Name one of them by its id.',
  });
}
