import type { RecordedVerdict } from './activities.ts';
import { judgeExtension, type ExtensionJudgement } from './extend-deadline.ts';
import type { DecideHeldInput } from './held-input.ts';
import { judge, take, type Judgement } from './judge.ts';
import { nextWakeUp, REMINDERS, type Told, type WakeUp } from './next-wake-up.ts';
import { parseExtension, parseVerdict, VERDICT_SHAPE } from './parse.ts';
import { wordsOf } from './question-words.ts';
import type { ApprovalRequest, ApprovalState, VerdictKind } from './request.ts';
import type { HeldStatus, RefusedDecision } from './status.ts';

/** A question about a held set, as data: what was asked, what came, what people were told. */
export interface HeldQuestion {
  readonly approval: ApprovalState;
  readonly openedAtMs: number;
  readonly told: Told;
  readonly refused: readonly RefusedDecision[];
  readonly refusedTotal: number;
  /** Messages of this run of the workflow. */
  readonly messages: number;
}

const DEFAULT_WINDOW_MS = 72 * 3_600_000;
const ESCALATION_SHARE = 0.95;
/** Kept of what was refused: a flood must not grow the state. */
const MAX_REFUSED = 10;

export function openQuestion(
  input: DecideHeldInput,
  { requestId, nowMs }: { readonly requestId: string; readonly nowMs: number },
): HeldQuestion {
  if (input.carried) return { ...input.carried, messages: 0 };
  const request = requestOf(input, requestId, nowMs);
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
  question: HeldQuestion,
  message: unknown,
  door: Door,
  nowMs: number,
): Judgement | { readonly kind: 'junk'; readonly because: string } {
  const verdict = verdictOf(message, door);
  if (!verdict) return { kind: 'junk', because: VERDICT_SHAPE };
  return judge(question.approval, { ...verdict, proven: door.proven }, nowMs);
}

/** The question after a message: its verdict taken, or its refusal noted. */
export function receive(
  question: HeldQuestion,
  message: unknown,
  door: Door,
  nowMs: number,
): HeldQuestion {
  const judged = judgeMessage(question, message, door, nowMs);
  const counted = { ...question, messages: question.messages + 1 };
  const verdict = verdictOf(message, door);
  if (judged.kind === 'accepted' && verdict) {
    const approval = take(question.approval, { ...verdict, proven: door.proven }, nowMs);
    return { ...counted, approval };
  }
  if (judged.kind === 'accepted') return counted;
  const by = verdict ? `${verdict.by.provider}:${verdict.by.user}` : undefined;
  return withRefusal(counted, {
    failure: judged.kind === 'junk' ? 'junk' : judged.failure,
    because: judged.because.slice(0, 200),
    atMs: nowMs,
    door: door.name,
    ...(by ? { by: by.slice(0, 100) } : {}),
  });
}

/** How a wish for more time would be judged now. */
export function judgeWish(
  question: HeldQuestion,
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

export function extendTo(question: HeldQuestion, expiresAtMs: number): HeldQuestion {
  const { approval } = question;
  const request = { ...approval.request, expiresAtMs };
  return { ...question, messages: question.messages + 1, approval: { ...approval, request } };
}

/** Nobody decided in time. */
export function expire(question: HeldQuestion, atMs: number): HeldQuestion {
  const { approval } = question;
  return { ...question, approval: { ...approval, closed: { outcome: 'expired', atMs } } };
}

/** Closes the question as the database has it, whatever was said here: from now on every decision is answered with that. */
export function closeAs(
  question: HeldQuestion,
  { state, by, atMs = 0, proven }: RecordedVerdict,
): HeldQuestion {
  const outcome = OUTCOMES[state];
  const closed = { outcome, atMs, ...(by ? { by } : {}), ...(proven ? { proven } : {}) };
  return { ...question, approval: { ...question.approval, closed } };
}

const OUTCOMES = {
  approved: 'approve',
  rejected: 'reject',
  expired: 'expired',
  superseded: 'superseded',
  // Neither can be answered any more: the row that would take the answer is not there, or not ours.
  open: 'superseded',
  missing: 'superseded',
} as const;

export function wakeUpOf({ approval, openedAtMs, told }: HeldQuestion, nowMs: number): WakeUp {
  const { expiresAtMs, escalation } = approval.request;
  return nextWakeUp({ openedAtMs, expiresAtMs, reminders: REMINDERS, escalation }, told, nowMs);
}

/** The question after people were told what a wake-up was for. */
export function toldOf(question: HeldQuestion, wake: WakeUp): HeldQuestion {
  const { told } = question;
  if (wake.kind === 'reminder') return { ...question, told: { ...told, reminders: wake.count } };
  if (wake.kind === 'escalation')
    return { ...question, told: { ...told, escalations: wake.count } };
  return question;
}

/** What query `status` says of it. */
export function statusOf(
  input: DecideHeldInput,
  question: HeldQuestion,
): Omit<HeldStatus, 'stage' | 'outcome'> {
  const { approval, openedAtMs, told, refused, refusedTotal } = question;
  const { request, votes, closed } = approval;
  const { reason, candidates, live, sample } = input.held;
  return {
    source: input.source,
    kind: input.kind ?? 'deletions',
    run: input.run,
    request,
    openedAtMs,
    reason,
    candidates,
    live,
    sample,
    approvals: votes.filter(({ verdict }) => verdict === 'approve').length,
    ...(closed ? { closed } : {}),
    told,
    refused,
    refusedTotal,
  };
}

function requestOf(input: DecideHeldInput, id: string, nowMs: number): ApprovalRequest {
  const windowMs = input.windowMs ?? DEFAULT_WINDOW_MS;
  const { escalateTo = ['operators'] } = input;
  return {
    id,
    subject: `${wordsOf(input.kind ?? 'deletions', input.held).subject} of source "${input.source}"`,
    digest: input.digest,
    evidenceDigest: input.evidenceDigest,
    offers: ['approve', 'reject'],
    approvers: input.approvers ?? 'everyone',
    excluded: input.excluded ?? [],
    quorum: input.quorum ?? 1,
    expiresAtMs: nowMs + windowMs,
    escalation: [{ atMs: Math.round(nowMs + windowMs * ESCALATION_SHARE), to: escalateTo }],
  };
}

/** A signal whose payload contradicts its own name is junk. */
function verdictOf(message: unknown, { means }: Door) {
  if (means === undefined) return parseVerdict(message);
  if (typeof message !== 'object' || message === null) return undefined;
  const verdict = parseVerdict({ verdict: means, ...message });
  return verdict?.verdict === means ? verdict : undefined;
}

function withRefusal(question: HeldQuestion, refusal: RefusedDecision): HeldQuestion {
  return {
    ...question,
    refused: [...question.refused, refusal].slice(-MAX_REFUSED),
    refusedTotal: question.refusedTotal + 1,
  };
}
