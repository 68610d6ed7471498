import { patched, uuid4 } from '@temporalio/workflow';
import { expire, newQuestion, toldOf, wakeUpOf, type Question } from '../approval/question.ts';
import type { WakeUp } from '../approval/next-wake-up.ts';
import type { Closing } from '../approval/request.ts';
import { spanText, timeText } from '../approval/words.ts';
import { failure } from '../failures.ts';
import { requestForGuidance } from './decide-fix.ts';
import { byPeople } from './decided.ts';
import { paceOf, withdrawQuestion, type RepairDesk } from './repair-desk.ts';
import { endAs, goTo, refusing, type RepairWork } from './repair-work.ts';
import { enter, giveUp, rest, tell } from './show-repair.ts';

/** People look at a candidate. One turn of the loop: until something comes, or the time of the next reminder. */
export async function awaitApproval(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  const { question } = desk;
  if (!question) return goTo(work, 'deciding');
  const { closed, request } = question.approval;
  if (closed) return approvalAnswered(desk, work, { question, closed });
  await enter(desk, 'awaiting-approval');
  if (work.toldFor === request.id) return turn(desk, work, question);
  const what = `${work.opened?.title ?? desk.input.source} broke, and a fix was found. ${work.verdict?.reasons[0] ?? ''} Approve or reject it until ${timeText(request.expiresAtMs)}: "npm run cli -- approve ${work.incident}".`;
  return { ...(await tell(desk, work, { kind: 'question', what })), toldFor: request.id };
}

/** There is nothing that could be asked about: whoever knows more says it, or the incident ends as an alert. */
export async function awaitGuidance(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  const { opened, stuck = 'No fix was found.' } = work;
  if (!opened) return goTo(work, 'triaging');
  if (work.sinceMs === undefined) {
    desk.question = newQuestion(requestForGuidance(desk, { ...work, opened }, uuid4()), Date.now());
    return { ...work, sinceMs: Date.now() };
  }
  const { question } = desk;
  if (desk.guidance) return takeGuidance(desk, work);
  if (!question) return giveUp(desk, work, stuck);
  const { closed, request } = question.approval;
  if (closed) return guidanceAnswered(work, stuck, closed);
  await enter(desk, 'awaiting-guidance');
  if (work.toldFor === request.id)
    return yields(desk, work) ? yielded(desk, work, stuck) : turn(desk, work, question);
  const what = `${opened.title} broke, and is not repaired: ${stuck} Say what you know until ${timeText(request.expiresAtMs)}, or mend the definition.`;
  return { ...(await tell(desk, work, { kind: 'alert', what })), toldFor: request.id };
}

/** Guidance may never come; what breaks next must not wait for it. A fix that people are asked about is worth waiting for. */
function yields({ queue }: RepairDesk, { step }: RepairWork): boolean {
  return step === 'awaiting-guidance' && patched('yield-to-next-break') && queue.length > 0;
}

function yielded(desk: RepairDesk, work: RepairWork, stuck: string): RepairWork {
  withdrawQuestion(desk);
  const next = desk.queue[0]?.incident ?? '';
  const because = `Another break of the source has come, incident "${next}", and goes first: nobody had said how to mend this one. ${stuck}`;
  return endAs(work, 'alerted', because);
}

async function turn(desk: RepairDesk, work: RepairWork, question: Question): Promise<RepairWork> {
  const wake = wakeUpOf(question, Date.now(), work.opened?.policy.quietHours);
  if (wake.atMs > Date.now()) return restUntil(desk, work, { question, wake });
  if (wake.kind !== 'deadline') return remind(desk, work, { question, wake });
  desk.question = expire(question, Date.now());
  return work;
}

interface Waking<Kind extends WakeUp = WakeUp> {
  readonly question: Question;
  readonly wake: Kind;
}

async function restUntil(
  desk: RepairDesk,
  work: RepairWork,
  { question, wake }: Waking,
): Promise<RepairWork> {
  const { expiresAtMs } = question.approval.request;
  const waitMs = wake.atMs - Date.now();
  const paceMs = paceOf(desk, work.waits);
  const mayYield = work.step === 'awaiting-guidance' && patched('yield-to-next-break');
  const until = (): boolean => {
    const approval = desk.question?.approval;
    const moved = approval?.request.expiresAtMs !== expiresAtMs;
    return (
      moved ||
      approval.closed !== undefined ||
      isDisturbed(desk) ||
      (mayYield && desk.queue.length > 0)
    );
  };
  const next = paceMs < waitMs ? 'look at the runs' : wake.kind;
  const summary = `wait for people, at most ${spanText(Math.min(waitMs, paceMs))}: then ${next}`;
  const isWoken = await rest(desk, Math.min(waitMs, paceMs), { summary, until });
  if (!isWoken && paceMs < waitMs) desk.ran = true;
  return isWoken ? work : { ...work, waits: work.waits + 1 };
}

function isDisturbed({ ran, killed, guidance }: RepairDesk): boolean {
  return ran || killed !== undefined || guidance !== undefined;
}

async function remind(
  desk: RepairDesk,
  work: RepairWork,
  { question, wake }: Waking<Exclude<WakeUp, { kind: 'deadline' }>>,
): Promise<RepairWork> {
  desk.question = toldOf(question, wake);
  const to = wake.kind === 'escalation' ? wake.to : [];
  const { request } = question.approval;
  const what = `${work.opened?.title ?? desk.input.source} still waits for an answer until ${timeText(request.expiresAtMs)}.`;
  return tell(desk, work, { kind: wake.kind, what, to });
}

/** Nothing has to be healed: what a person rejects so is the source's new state. */
function isRight({ reasonClass = '' }: Closing): boolean {
  return RIGHT.has(reasonClass.toLowerCase().replaceAll(/[-_]/g, ' '));
}

const RIGHT: ReadonlySet<string> = new Set(['not a bug', 'site gone']);

async function approvalAnswered(
  desk: RepairDesk,
  work: RepairWork,
  { question, closed }: { readonly question: Question; readonly closed: Closing },
): Promise<RepairWork> {
  const { fix, opened } = work;
  const who = `${closed.by ?? 'somebody'} on ${timeText(closed.atMs)}`;
  const why = closed.reason === undefined ? '' : `: ${closed.reason}`;
  const digest = fix ? [fix.patchDigest] : [];
  switch (closed.outcome) {
    case 'approve': {
      const decided = fix && opened ? byPeople(question, fix, opened.policyHash) : undefined;
      if (!decided) return goTo(work, 'triaging', { resume: 'deciding' });
      return goTo(work, 'deploying', { decided, byPerson: true });
    }
    case 'reject': {
      const refused = refusing(work, digest);
      const because = `Rejected by ${who}${why}`;
      const ended = endAs({ ...work, refused, byPerson: true }, 'pr-rejected', because);
      if (!isRight(closed)) return ended;
      return { ...ended, end: { outcome: 'pr-rejected', because, rightAsItIs: true } };
    }
    case 'request-changes':
      return goTo(work, 'proposing', {
        refused: refusing(work, digest),
        rounds: work.rounds + 1,
        allowed: work.attempt + 1,
        byPerson: true,
        ...(closed.reason === undefined
          ? {}
          : { guidance: { text: closed.reason, by: closed.by ?? 'somebody' } }),
      });
    case 'expired': {
      const because = `Nobody decided until ${timeText(closed.atMs)}. The candidate is kept; the next failure opens a new incident.`;
      return endAs(
        await tell(desk, work, { kind: 'expired', what: because }),
        'pr-expired',
        because,
      );
    }
    case 'superseded':
      return goTo(work, 'triaging');
    default:
      throw failure('Defect', `A question ended as "${String(closed.outcome satisfies never)}".`);
  }
}

function guidanceAnswered(work: RepairWork, stuck: string, closed: Closing): RepairWork {
  if (closed.outcome !== 'reject') return endAs(work, 'alerted', stuck);
  const why = closed.reason === undefined ? '' : `: ${closed.reason}`;
  const because = `${closed.by ?? 'Somebody'} ended it without a fix${why}. ${stuck}`;
  const ended = endAs({ ...work, byPerson: true }, 'alerted', because);
  if (!isRight(closed)) return ended;
  // What is right has no fix that could be rejected, so it is said here.
  return { ...ended, end: { outcome: 'alerted', because, rightAsItIs: true } };
}

/** One more attempt, with what a person knows. */
function takeGuidance(desk: RepairDesk, work: RepairWork): RepairWork {
  const { guidance } = desk;
  if (!guidance) return work;
  desk.guidance = undefined;
  desk.question = undefined;
  const { text, by } = guidance;
  return goTo(work, 'proposing', {
    guidance: { text, by },
    allowed: work.attempt + 1,
    byPerson: true,
  });
}
