import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { failure } from '../failures.ts';
import * as retry from '../retry.ts';
import type { ApprovalActivities, RecordedVerdict } from './activities.ts';
import { executeDeletions } from './held-deletion.ts';
import { enter, finish, listen, setOf, showAsking, type Desk } from './held-desk.ts';
import type { DecideHeldInput } from './held-input.ts';
import { closeAs, openQuestion } from './held-question.ts';
import type { WakeUp } from './next-wake-up.ts';
import { expire, toldOf, wakeUpOf } from './question.ts';
import type { Closing } from './request.ts';
import type { HeldOutcome } from './status.ts';
import { isBaseline, wordsOf } from './question-words.ts';
import { oneLine, spanText, timeText } from './words.ts';

const store = proxyActivities<ApprovalActivities>(retry.patient);

const DEFAULT_MAX_MESSAGES = 200;

/**
 * Asks people about one held set, deletions or a new baseline, and does what they say. A workflow, because people take days; its id is the
 * set, so that a set is asked about once. The answer is bound to the digest; the row of the set in the database has the last word, so that a decision
 * survives the loss of this workflow and a newer set wins over a late one.
 */
export async function decideHeld(input: DecideHeldInput): Promise<HeldOutcome> {
  const question = openQuestion(input, { requestId: uuid4(), nowMs: Date.now() });
  const desk: Desk = { input, question, stage: 'awaiting-approval', doubted: false };
  listen(desk);
  const found = await store.readHeldSet.executeWithOptions({ summary: 'is it still open?' }, [
    setOf(input),
  ]);
  const recorded = found.state === 'open' ? await ask(desk) : found;
  desk.question = closeAs(desk.question, recorded);
  const outcome = await carryOut(desk, recorded);
  if (outcome.outcome === 'approved') await askAnewIfOpen(input);
  finish(desk, outcome);
  await condition(allHandlersFinished);
  return outcome;
}

/** Verifying takes hours: the documents may have come back and gone again, and the run that held them met this workflow here. */
async function askAnewIfOpen(input: DecideHeldInput): Promise<void> {
  const { carried: _over, ...first } = input;
  const { state } = await store.readHeldSet.executeWithOptions({ summary: 'is it asked anew?' }, [
    setOf(input),
  ]);
  if (state !== 'open') return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof decideHeld>(first);
}

/** Waits for people, and returns what the database then says: one loop with one condition. */
async function ask(desk: Desk): Promise<RecordedVerdict> {
  for (;;) {
    if (desk.question.approval.closed) return record(desk, desk.question.approval.closed);
    const wake = wakeUpOf(desk.question, Date.now());
    if (wake.atMs > Date.now()) await rest(desk, wake);
    else if (wake.kind === 'deadline') desk.question = expire(desk.question, Date.now());
    else await tell(desk, wake);
    if (desk.doubted) {
      const found = await lookAgain(desk);
      if (found.state !== 'open') return found;
    }
    await startAfresh(desk);
  }
}

/** Until something comes, or the time of the next wake-up. */
async function rest(desk: Desk, wake: WakeUp): Promise<void> {
  const { expiresAtMs } = desk.question.approval.request;
  showAsking(desk);
  const woken = (): boolean => {
    const { approval } = desk.question;
    const moved = approval.request.expiresAtMs !== expiresAtMs;
    return approval.closed !== undefined || moved || desk.doubted || isFull(desk);
  };
  const waitMs = Math.max(1, wake.atMs - Date.now());
  const summary = `wait for people, at most ${spanText(waitMs)}: then ${wake.kind}`;
  await condition(woken, waitMs, { summary });
}

/** Of many messages, or of few that are huge. */
function isFull({ input, question }: Desk): boolean {
  const isMany = question.messages >= (input.maxMessages ?? DEFAULT_MAX_MESSAGES);
  return isMany || workflowInfo().continueAsNewSuggested;
}

async function tell(desk: Desk, wake: Exclude<WakeUp, { kind: 'deadline' }>): Promise<void> {
  desk.question = toldOf(desk.question, wake);
  const to = wake.kind === 'escalation' ? wake.to : [];
  const summary = wake.kind === 'escalation' ? `tell ${to.join(', ')}` : `reminder ${wake.count}`;
  await store.recordReminder.executeWithOptions({ summary }, [
    { ...setOf(desk.input), ...desk.question.told, to },
  ]);
}

/** Anybody can send the signal: only the database says that a newer set took the place of this one. */
async function lookAgain(desk: Desk): Promise<RecordedVerdict> {
  desk.doubted = false;
  return store.readHeldSet.executeWithOptions({ summary: 'is it still open?' }, [
    setOf(desk.input),
  ]);
}

/** Long before a history is too long. Nothing is under way here but the handlers. */
async function startAfresh(desk: Desk): Promise<void> {
  if (desk.question.approval.closed) return;
  if (!isFull(desk)) return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof decideHeld>({ ...desk.input, carried: desk.question });
}

/** The first end of a set stays: what comes back may be another one. */
async function record(desk: Desk, closed: Closing): Promise<RecordedVerdict> {
  enter(desk, 'recording');
  const { outcome, by, atMs, reason, proven = false } = closed;
  if (outcome !== 'approve' && outcome !== 'reject' && outcome !== 'expired')
    return store.readHeldSet(setOf(desk.input));
  const state = STATES[outcome];
  return store.recordVerdict.executeWithOptions(
    { summary: `${state}${by ? ` by ${by.slice(0, 100)}` : ''}` },
    [
      {
        ...setOf(desk.input),
        state,
        atMs,
        proven,
        ...(by ? { by } : {}),
        ...(reason === undefined ? {} : { reason }),
      },
    ],
  );
}

const STATES = { approve: 'approved', reject: 'rejected', expired: 'expired' } as const;

async function carryOut(desk: Desk, recorded: RecordedVerdict): Promise<HeldOutcome> {
  const { input } = desk;
  const { kind = 'deletions', held } = input;
  const nothing = { deleted: 0, dropped: 0 };
  const words = wordsOf(kind, held);
  const when = recorded.atMs === undefined ? '' : ` on ${timeText(recorded.atMs)}`;
  const who = `${recorded.by ? ` by ${oneLine(recorded.by)}` : ''}${when}`;
  switch (recorded.state) {
    case 'approved':
      return isBaseline(kind)
        ? accept(desk, `Approved${who}: ${words.approved}`)
        : executeDeletions(desk, `Approved${who}`);
    case 'rejected': {
      const because = `Rejected${who}: ${words.rejected}`;
      return { outcome: 'rejected', because, ...nothing };
    }
    case 'expired': {
      const because = `Nobody decided in time${when}: ${words.expired}`;
      return { outcome: 'expired', because, ...nothing };
    }
    case 'open':
    case 'missing':
    case 'superseded': {
      const because = `The source shows another picture now, so this set is not asked about any more. Nothing was ${isBaseline(kind) ? 'accepted' : 'deleted'} by it.`;
      return { outcome: 'superseded', because, ...nothing };
    }
    default:
      throw failure(
        'Defect',
        `A held set has the state "${String(recorded.state satisfies never)}".`,
      );
  }
}

/** What was shown is the new baseline; the next run does the rest. */
async function accept(desk: Desk, because: string): Promise<HeldOutcome> {
  enter(desk, 'accepting');
  const { title } = desk.input;
  await store.acceptBaseline.executeWithOptions(
    { summary: `a new baseline for ${oneLine(title).slice(0, 100)}` },
    [setOf(desk.input)],
  );
  return { outcome: 'approved', because, deleted: 0, dropped: 0 };
}
