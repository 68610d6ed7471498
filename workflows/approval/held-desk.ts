import { log, setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES } from '../search-attributes.ts';
import type { HeldSetReference } from './activities.ts';
import { heldDetails } from './held-details.ts';
import type { DecideHeldInput } from './held-input.ts';
import { statusOf } from './held-question.ts';
import { statusQuery, supersedeSignal } from './messages.ts';
import type { Question } from './question.ts';
import { openDoors } from './question-doors.ts';
import type { HeldOutcome, HeldStage, HeldStatus } from './status.ts';

/** What the handlers and the loop share. */
export interface Desk {
  readonly input: DecideHeldInput;
  question: Question;
  stage: HeldStage;
  /** Somebody says that the set is no longer the newest; the database knows. */
  doubted: boolean;
  outcome?: HeldOutcome;
  /** The deadline that the lists of Temporal show; undefined where they show none. */
  shownDeadlineMs?: number | undefined;
}

/** Sets every handler: signals note what came, updates answer, neither ever throws anything but our own refusals. */
export function listen(desk: Desk): void {
  openDoors({
    question: () => desk.question,
    keep: (question) => void (desk.question = question),
    // There is a question from the start.
    refuse: () => undefined,
    proven: desk.input.authorisedFrontend ?? false,
  });
  setHandler(supersedeSignal, () => void (desk.doubted = true), {
    description: 'A newer run has held another set, or none: look whether this one still stands.',
  });
  setHandler(statusQuery, () => statusNow(desk), { description: 'Everything about the question.' });
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
