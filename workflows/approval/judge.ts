import type {
  Answer,
  ApprovalState,
  Closing,
  Person,
  ReceivedVerdict,
  Refusal,
  Vote,
} from './request.ts';
import { personName, timeText } from './words.ts';

/** What comes of a verdict: an answer, or why it does not count. */
export type Judgement =
  | { readonly kind: 'accepted'; readonly answer: Answer }
  | ({ readonly kind: 'refused' } & Refusal);

/**
 * The one judge of every door (signals, updates, bots, CLI). Pure and total; the order of the checks is part of the promise: the same
 * decision again, another question, a closed one, a late one, somebody who may not, and only then does it count. `nowMs` is workflow time.
 */
export function judge(state: ApprovalState, verdict: ReceivedVerdict, nowMs: number): Judgement {
  const earlier = state.accepted.find(({ decisionId }) => decisionId === verdict.decisionId);
  if (earlier) return { kind: 'accepted', answer: { ...earlier.answer, repeated: true } };
  const refusal =
    stale(state, verdict) ??
    closed(state) ??
    late(state, nowMs) ??
    notOffered(state, verdict) ??
    notAllowed(state, verdict);
  if (refusal) return { kind: 'refused', ...refusal };
  return { kind: 'accepted', answer: count(state, verdict) };
}

/** The earlier answers that are kept, so that a state stays small; older ones meet a closed question anyway. */
const MAX_ACCEPTED = 10;

/** The state after a verdict. Only an accepted one that is no repetition changes anything. */
export function take(state: ApprovalState, verdict: ReceivedVerdict, nowMs: number): ApprovalState {
  const judgement = judge(state, verdict, nowMs);
  if (judgement.kind === 'refused' || judgement.answer.repeated) return state;
  const { answer } = judgement;
  const { decisionId } = verdict;
  return {
    ...state,
    votes: withVote(state.votes, verdict),
    accepted: [...state.accepted, { decisionId, answer }].slice(-MAX_ACCEPTED),
    ...(answer.terminal ? { closed: closing(verdict, nowMs) } : {}),
  };
}

function stale({ request, closed }: ApprovalState, verdict: ReceivedVerdict): Refusal | undefined {
  if (verdict.requestId !== request.id) {
    const because = `This answers question "${verdict.requestId}" about ${request.subject}, but "${request.id}" is asked now. Read what it shows, then decide.`;
    return { failure: 'StaleDecision', because };
  }
  if (verdict.digest !== request.digest) {
    const because = `This answers for "${verdict.digest.slice(0, 8)}", but the question about ${request.subject} is "${request.digest.slice(0, 8)}". Read what it shows, then decide.`;
    return { failure: 'StaleDecision', because };
  }
  if (closed?.outcome !== 'superseded') return undefined;
  const because = `The question about ${request.subject} was replaced by a newer one on ${timeText(closed.atMs)}. Read what that one shows, then decide.`;
  return { failure: 'StaleDecision', because };
}

function closed({ request, closed }: ApprovalState): Refusal | undefined {
  if (!closed) return undefined;
  if (closed.outcome === 'expired') return deadlinePassed(request.subject, closed.atMs);
  const who = closed.by ?? 'nobody';
  const because = `The question about ${request.subject} was answered with "${closed.outcome}" by "${who}" on ${timeText(closed.atMs)}.`;
  return { failure: 'AlreadyDecided', because };
}

function late({ request }: ApprovalState, nowMs: number): Refusal | undefined {
  return nowMs < request.expiresAtMs
    ? undefined
    : deadlinePassed(request.subject, request.expiresAtMs);
}

function deadlinePassed(subject: string, atMs: number): Refusal {
  const because = `The time to decide about ${subject} was over on ${timeText(atMs)}.`;
  return { failure: 'DeadlinePassed', because };
}

function notOffered({ request }: ApprovalState, { verdict }: ReceivedVerdict): Refusal | undefined {
  if (request.offers.includes(verdict)) return undefined;
  const because = `"${verdict}" is no answer to the question about ${request.subject}. Answers are: ${request.offers.join(', ')}.`;
  return { failure: 'NotAllowed', because };
}

function notAllowed(
  { request }: ApprovalState,
  { by, proven }: ReceivedVerdict,
): Refusal | undefined {
  const { approvers, excluded, subject } = request;
  const name = `"${personName(by)}"`;
  if (isPartOfIt(excluded, by)) {
    const because = `${name} is part of what is asked about ${subject}, and may not decide it. Let somebody else look.`;
    return { failure: 'NotAllowed', because };
  }
  if (approvers === 'everyone') return undefined;
  const who = `Approvers are: ${approvers.join(', ')}.`;
  if (!isNamed(approvers, by))
    return { failure: 'NotAllowed', because: `${name} may not decide about ${subject}. ${who}` };
  if (proven) return undefined;
  const because = `Nothing proves that this comes from ${name}, so it does not count for ${subject}. ${who}`;
  return { failure: 'NotAllowed', because };
}

/** The name as it is kept of whoever answered before carries the team, and nobody becomes another one by leaving it out. */
function isPartOfIt(excluded: readonly string[], by: Person): boolean {
  const name = foldedName(by);
  return isNamed(excluded, by) || excluded.some((one) => nameIn(one) === name);
}

function nameIn(text: string): string {
  return foldedName({ provider: 'api', user: text.replace(/ \(team .*\)$/u, '') });
}

function isNamed(list: readonly string[], { user, team }: Person): boolean {
  return list.includes(user) || (team !== undefined && list.includes(`team:${team}`));
}

function count(state: ApprovalState, verdict: ReceivedVerdict): Answer {
  const { quorum } = state.request;
  const votes = withVote(state.votes, verdict);
  const approvals = votes.filter((vote) => vote.verdict === 'approve').length;
  const terminal = verdict.verdict !== 'approve' || approvals >= quorum;
  return { verdict: verdict.verdict, terminal, approvals, quorum, repeated: false };
}

/** The same person again: the latest counts, once. */
function withVote(votes: readonly Vote[], { by, verdict }: ReceivedVerdict): readonly Vote[] {
  const others = votes.filter((vote) => !isSame(vote.by, by));
  return [...others, { by, verdict }];
}

/** By the name alone: who comes through two doors, or writes it in capitals or with signs that nobody sees, is still one person. */
function isSame(a: Person, b: Person): boolean {
  return foldedName(a) === foldedName(b);
}

function foldedName({ user }: Person): string {
  return user
    .normalize('NFKC')
    .replaceAll(/[\p{Cf}\s]/gu, '')
    .toLowerCase();
}

function closing(
  { verdict, by, reason, reasonClass, proven }: ReceivedVerdict,
  atMs: number,
): Closing {
  return {
    outcome: verdict,
    atMs,
    by: personName(by),
    proven,
    ...(reason === undefined ? {} : { reason }),
    ...(reasonClass === undefined ? {} : { reasonClass }),
  };
}
