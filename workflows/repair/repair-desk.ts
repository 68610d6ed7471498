import { closeQuestion, type Question, type RefusedDecision } from '../approval/question.ts';
import type { IncidentReference } from './activities.ts';
import type { Guidance, KillOrder, ReportedIncident, RollbackOrder } from './messages.ts';
import type { RepairStage } from './outcome.ts';
import {
  DEFAULT_PACES,
  type AcceptedGuidanceId,
  type RepairPaces,
  type RepairSourceInput,
} from './repair-input.ts';
import type { RepairWork } from './repair-work.ts';

/**
 * What the handlers and the loop share. `work` and `rolledBack` belong to the loop; the handlers write all else, and the loop takes it away
 * where it acts on it.
 */
export interface RepairDesk {
  readonly input: RepairSourceInput;
  readonly paces: RepairPaces;
  work: RepairWork | undefined;
  rolledBack: readonly string[];
  stage: RepairStage;
  queue: readonly ReportedIncident[];
  orders: readonly RollbackOrder[];
  killed: KillOrder | undefined;
  /** Grows when somebody lets repairs go on: what waits for the switch of the database looks again. */
  letGoOn: number;
  /** A run has ended, or may have: the database knows. */
  ran: boolean;
  guidance: Guidance | undefined;
  guided: readonly AcceptedGuidanceId[];
  /** What is asked now, or was asked last. */
  question: Question | undefined;
  refused: readonly RefusedDecision[];
  refusedTotal: number;
  /** Messages of this run of the workflow. */
  messages: number;
  /** What the lists of Temporal show. */
  shown: string;
}

export function openDesk(input: RepairSourceInput): RepairDesk {
  const { carried } = input;
  return {
    input,
    paces: { ...DEFAULT_PACES, ...input.paces },
    work: carried?.work,
    rolledBack: carried?.rolledBack ?? [],
    stage: 'triaging',
    queue: carried?.queue ?? [],
    orders: carried?.orders ?? [],
    killed: carried?.killed,
    letGoOn: 0,
    ran: carried?.ran ?? false,
    guidance: carried?.guidance,
    guided: carried?.guided ?? [],
    question: carried?.question,
    refused: carried?.refused ?? [],
    refusedTotal: carried?.refusedTotal ?? 0,
    messages: 0,
    shown: '',
  };
}

const DEFAULT_MAX_MESSAGES = 200;

/** So many messages came that the history shall begin anew; what a person wrote at length is used first, it would not fit. */
export function isFull({ input, messages, guidance, work }: RepairDesk): boolean {
  if (guidance || (work?.step === 'proposing' && work.guidance)) return false;
  return messages >= (input.maxMessages ?? DEFAULT_MAX_MESSAGES);
}

export function referenceTo({ input }: RepairDesk, incident: string): IncidentReference {
  return { tenant: input.tenant, source: input.source, incident };
}

/** How long a wait lasts that nothing ends: longer each time. */
export function paceOf({ paces }: RepairDesk, waits: number): number {
  return Math.min(paces.longestMs, paces.lookMs * 2 ** Math.min(waits, 20));
}

/** Whatever was asked is no question any more. */
export function withdrawQuestion(desk: RepairDesk): void {
  const { question } = desk;
  if (!question || question.approval.closed) return;
  desk.question = closeQuestion(question, { outcome: 'superseded', atMs: Date.now() });
}
