import type { RecordedVerdict } from './activities.ts';
import type { DecideHeldInput } from './held-input.ts';
import { approvalsOf, closeQuestion, newQuestion, type Question } from './question.ts';
import { wordsOf } from './question-words.ts';
import type { ApprovalRequest } from './request.ts';
import type { HeldStatus } from './status.ts';

const DEFAULT_WINDOW_MS = 72 * 3_600_000;
const ESCALATION_SHARE = 0.95;

export function openQuestion(
  input: DecideHeldInput,
  { requestId, nowMs }: { readonly requestId: string; readonly nowMs: number },
): Question {
  if (input.carried) return { ...input.carried, messages: 0 };
  return newQuestion(requestOf(input, requestId, nowMs), nowMs);
}

/** Closes the question as the database has it, whatever was said here: from now on every decision is answered with that. */
export function closeAs(
  question: Question,
  { state, by, atMs = 0, proven }: RecordedVerdict,
): Question {
  const outcome = OUTCOMES[state];
  const closed = { outcome, atMs, ...(by ? { by } : {}), ...(proven ? { proven } : {}) };
  return closeQuestion(question, closed);
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

/** What query `status` says of it. */
export function statusOf(
  input: DecideHeldInput,
  question: Question,
): Omit<HeldStatus, 'stage' | 'outcome'> {
  const { approval, openedAtMs, told, refused, refusedTotal } = question;
  const { request, closed } = approval;
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
    approvals: approvalsOf(question),
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
