import { log, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { failure } from '../failures.ts';
import { SEARCH_ATTRIBUTES } from '../search-attributes.ts';
import type { HeldSetReference } from './activities.ts';
import { heldDetails } from './held-details.ts';
import type { DecideHeldInput } from './held-input.ts';
import {
  extendTo,
  judgeMessage,
  judgeWish,
  receive,
  statusOf,
  type Door,
  type HeldQuestion,
} from './held-question.ts';
import {
  approveSignal,
  decideUpdate,
  extendDeadlineUpdate,
  rejectSignal,
  statusQuery,
  supersedeSignal,
} from './messages.ts';
import type { Answer } from './request.ts';
import type { HeldOutcome, HeldStage, HeldStatus } from './status.ts';

/** What the handlers and the loop share. */
export interface Desk {
  readonly input: DecideHeldInput;
  question: HeldQuestion;
  stage: HeldStage;
  /** Somebody says that the set is no longer the newest; the database knows. */
  doubted: boolean;
  outcome?: HeldOutcome;
  /** The deadline that the lists of Temporal show; undefined where they show none. */
  shownDeadlineMs?: number | undefined;
}

/** Sets every handler: signals note what came, updates answer, neither ever throws anything but our own refusals. */
export function listen(desk: Desk): void {
  const proven = desk.input.authorisedFrontend ?? false;
  const note = (message: unknown, door: Door): void => {
    const before = desk.question;
    desk.question = receive(before, message, door, Date.now());
    if (desk.question.refusedTotal > before.refusedTotal)
      log.warn('refused a decision', { door: door.name, ...desk.question.refused.at(-1) });
  };
  const approve: Door = { name: 'signal approve', proven, means: 'approve' };
  const reject: Door = { name: 'signal reject', proven, means: 'reject' };
  const update: Door = { name: 'update decide', proven };
  setHandler(approveSignal, (message: unknown) => note(message, approve), {
    description: 'Approve what is asked. Needs requestId, digest, decisionId and by.',
  });
  setHandler(rejectSignal, (message: unknown) => note(message, reject), {
    description: 'Keep everything as it is. Needs requestId, digest, decisionId and by.',
  });
  setHandler(supersedeSignal, () => void (desk.doubted = true), {
    description: 'A newer run has held another set, or none: look whether this one still stands.',
  });
  setHandler(
    decideUpdate,
    (message: unknown) => {
      const answer = answerOf(desk.question, message, update);
      note(message, update);
      return answer;
    },
    {
      description: 'Approve or reject, and be told what came of it.',
      validator: (message: unknown) => void answerOf(desk.question, message, update),
    },
  );
  setHandler(
    extendDeadlineUpdate,
    (message: unknown) => {
      const expiresAtMs = wishOf(desk.question, message, update);
      desk.question = extendTo(desk.question, expiresAtMs);
      return { expiresAtMs };
    },
    {
      description: 'Give people more hours, up to 168 from the opening.',
      validator: (message: unknown) => void wishOf(desk.question, message, update),
    },
  );
  setHandler(statusQuery, () => statusNow(desk), { description: 'Everything about the question.' });
}

/** @throws StaleDecision, AlreadyDecided, DeadlinePassed, NotAllowed - why the decision does not count. */
function answerOf(question: HeldQuestion, message: unknown, door: Door): Answer {
  const judged = judgeMessage(question, message, door, Date.now());
  if (judged.kind === 'accepted') return judged.answer;
  throw failure(judged.kind === 'junk' ? 'StaleDecision' : judged.failure, judged.because);
}

function wishOf(question: HeldQuestion, message: unknown, door: Door): number {
  const judged = judgeWish(question, message, door, Date.now());
  if (judged.kind === 'extended') return judged.expiresAtMs;
  throw failure(judged.kind === 'junk' ? 'StaleDecision' : judged.failure, judged.because);
}

function statusNow({ input, question, stage, outcome }: Desk): HeldStatus {
  return { ...statusOf(input, question), stage, ...(outcome ? { outcome } : {}) };
}

/** People are asked from now on, until the deadline of the question. */
export function showAsking(desk: Desk): void {
  const { expiresAtMs } = desk.question.approval.request;
  show(desk);
  if (desk.shownDeadlineMs === expiresAtMs) return;
  desk.shownDeadlineMs = expiresAtMs;
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.awaitingHuman, value: true },
    { key: SEARCH_ATTRIBUTES.deadline, value: new Date(expiresAtMs) },
  ]);
}

/** Nobody is asked any more. */
export function enter(desk: Desk, stage: HeldStage): void {
  desk.stage = stage;
  show(desk);
  if (desk.shownDeadlineMs === undefined) return;
  desk.shownDeadlineMs = undefined;
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.awaitingHuman, value: null },
    { key: SEARCH_ATTRIBUTES.deadline, value: null },
  ]);
}

/** The end, as lists and the Web UI keep it. */
export function finish(desk: Desk, outcome: HeldOutcome): void {
  desk.outcome = outcome;
  desk.stage = 'closed';
  show(desk);
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.outcome, value: outcome.outcome },
    { key: SEARCH_ATTRIBUTES.failureName, value: outcome.failure ?? null },
    { key: SEARCH_ATTRIBUTES.documentsChanged, value: outcome.deleted },
    { key: SEARCH_ATTRIBUTES.awaitingHuman, value: null },
    { key: SEARCH_ATTRIBUTES.deadline, value: null },
  ]);
  log.info('a held set was closed', { ...outcome });
}

function show({ input, question, stage, outcome }: Desk): void {
  setCurrentDetails(heldDetails(input, question, stage, outcome));
}

/** How the database names the set. */
export function setOf({ tenant, source, digest }: DecideHeldInput): HeldSetReference {
  return { tenant, source, digest };
}
