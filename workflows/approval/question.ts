import { judgeExtension, type ExtensionJudgement } from './extend-deadline.ts';
import { judge, take, type Judgement } from './judge.ts';
import { nextWakeUp, REMINDERS, type Told, type WakeUp } from './next-wake-up.ts';
import { parseExtension, parseVerdict, VERDICT_SHAPE } from './parse.ts';
import type { QuietHours } from './quiet-hours.ts';
import type { ApprovalRequest, ApprovalState, Closing, Refusal, VerdictKind } from './request.ts';

/** A question to people as data, whatever it is about: what was asked, what came, what people were told. It travels through continue-as-new. */
export interface Question {
  readonly approval: ApprovalState;
  readonly openedAtMs: number;
  readonly told: Told;
  readonly refused: readonly RefusedDecision[];
  /** All of them, also those that are not kept. */
  readonly refusedTotal: number;
  /** Messages of this run of the workflow. */
  readonly messages: number;
}

export interface RefusedDecision extends Omit<Refusal, 'failure'> {
  /** `junk` is what could not be read as a decision. */
  readonly failure: Refusal['failure'] | 'junk';
  readonly atMs: number;
  readonly door: string;
  readonly by?: string;
}

/** Kept of what was refused: a flood must not grow the state. */
const MAX_REFUSED = 10;

export function newQuestion(request: ApprovalRequest, nowMs: number): Question {
  return {
    approval: { request, votes: [], accepted: [] },
    openedAtMs: nowMs,
    told: { reminders: 0, escalations: 0 },
    refused: [],
    refusedTotal: 0,
    messages: 0,
  };
}

/** One way in. What it knows of its senders is its own; a payload proves nothing. */
export interface Door {
  readonly name: string;
  readonly proven: boolean;
  /** A signal's name says the verdict already. */
  readonly means?: VerdictKind;
}

/** How a message would be judged now. Pure, so that a validator and a handler can ask the same. */
export function judgeMessage(
  question: Question,
  message: unknown,
  door: Door,
  nowMs: number,
): Judgement | { readonly kind: 'junk'; readonly because: string } {
  const verdict = verdictOf(message, door);
  if (!verdict) return { kind: 'junk', because: VERDICT_SHAPE };
  return judge(question.approval, { ...verdict, proven: door.proven }, nowMs);
}

/** The question after a message: its verdict taken, or its refusal noted. */
export function receive(question: Question, message: unknown, door: Door, nowMs: number): Question {
  const judged = judgeMessage(question, message, door, nowMs);
  const counted = { ...question, messages: question.messages + 1 };
  const verdict = verdictOf(message, door);
  if (judged.kind === 'accepted' && verdict) {
    const approval = take(question.approval, { ...verdict, proven: door.proven }, nowMs);
    return { ...counted, approval };
  }
  if (judged.kind === 'accepted') return counted;
  const by = verdict ? `${verdict.by.provider}:${verdict.by.user}` : undefined;
  const failure = judged.kind === 'junk' ? 'junk' : judged.failure;
  const refusal = refusalOf({ failure, because: judged.because, atMs: nowMs, door: door.name }, by);
  return {
    ...counted,
    refused: withRefusal(question.refused, refusal),
    refusedTotal: question.refusedTotal + 1,
  };
}

/** A refusal as it is kept: short, whoever wrote it. */
export function refusalOf(
  refusal: Omit<RefusedDecision, 'by'>,
  by: string | undefined,
): RefusedDecision {
  return {
    ...refusal,
    because: refusal.because.slice(0, 200),
    ...(by ? { by: by.slice(0, 100) } : {}),
  };
}

/** The newest refusals, oldest first. */
export function withRefusal(
  refused: readonly RefusedDecision[],
  refusal: RefusedDecision,
): readonly RefusedDecision[] {
  return [...refused, refusal].slice(-MAX_REFUSED);
}

/** How a wish for more time would be judged now. */
export function judgeWish(
  question: Question,
  message: unknown,
  { proven }: Door,
  nowMs: number,
): ExtensionJudgement | { readonly kind: 'junk'; readonly because: string } {
  const extension = parseExtension(message);
  const { approval, openedAtMs } = question;
  if (extension) return judgeExtension(approval, { ...extension, proven }, { openedAtMs, nowMs });
  const because =
    'More time needs requestId, by with provider and user, and hours from 1 to 168; copy the ids from the details of the workflow.';
  return { kind: 'junk', because };
}

export function extendTo(question: Question, expiresAtMs: number): Question {
  const { approval } = question;
  const request = { ...approval.request, expiresAtMs };
  return { ...question, messages: question.messages + 1, approval: { ...approval, request } };
}

/** Nobody decided in time. */
export function expire(question: Question, atMs: number): Question {
  return closeQuestion(question, { outcome: 'expired', atMs });
}

/** From now on every decision is answered with this end. */
export function closeQuestion(question: Question, closed: Closing): Question {
  return { ...question, approval: { ...question.approval, closed } };
}

export function wakeUpOf(
  { approval, openedAtMs, told }: Question,
  nowMs: number,
  quietHours?: QuietHours,
): WakeUp {
  const { expiresAtMs, escalation } = approval.request;
  const plan = { openedAtMs, expiresAtMs, reminders: REMINDERS, escalation };
  return nextWakeUp(quietHours ? { ...plan, quietHours } : plan, told, nowMs);
}

/** The question after people were told what a wake-up was for. */
export function toldOf(question: Question, wake: WakeUp): Question {
  const { told } = question;
  if (wake.kind === 'reminder') return { ...question, told: { ...told, reminders: wake.count } };
  if (wake.kind === 'escalation')
    return { ...question, told: { ...told, escalations: wake.count } };
  return question;
}

export function approvalsOf({ approval }: Question): number {
  return approval.votes.filter(({ verdict }) => verdict === 'approve').length;
}

/** A signal whose payload contradicts its own name is junk. */
function verdictOf(message: unknown, { means }: Door) {
  if (means === undefined) return parseVerdict(message);
  if (typeof message !== 'object' || message === null) return undefined;
  const verdict = parseVerdict({ verdict: means, ...message });
  return verdict?.verdict === means ? verdict : undefined;
}
