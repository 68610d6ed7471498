import {
  condition,
  isCancellation,
  log,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { oneLine } from '../approval/words.ts';
import { classify } from '../classify.ts';
import { SEARCH_ATTRIBUTES } from '../search-attributes.ts';
import type { TellOfRepairInput } from './activities.ts';
import type { RepairStage } from './outcome.ts';
import { isFull, referenceTo, withdrawQuestion, type RepairDesk } from './repair-desk.ts';
import { repairDetails } from './repair-details.ts';
import { noted, quickly } from './repair-effects.ts';
import { statusOf } from './repair-snapshot.ts';
import { goTo, type RepairWork } from './repair-work.ts';

/** Shows where the repair stands: details at once, attributes and the row where the stage is another one. */
export async function enter(desk: RepairDesk, stage: RepairStage): Promise<void> {
  const isNew = desk.stage !== stage || desk.shown === '';
  desk.stage = stage;
  show(desk);
  if (!isNew || !desk.work) return;
  const { incident } = desk.work;
  try {
    await noted.recordStage.executeWithOptions({ summary: stage }, [
      { ...referenceTo(desk, incident), stage },
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('the stage was not noted', { stage, reason: classify(error).message });
  }
}

/** The details of the Web UI, and one upsert where any attribute is another one. */
export function show(desk: RepairDesk): void {
  setCurrentDetails(repairDetails(statusOf(desk), desk.input));
  const { work, stage, question, input } = desk;
  const asking = stage === 'awaiting-approval' || stage === 'awaiting-guidance';
  const deadlineMs =
    asking && question && !question.approval.closed ? question.approval.request.expiresAtMs : null;
  const confidence = work?.verdict?.probability ?? null;
  const shown = JSON.stringify([stage, work?.incident, deadlineMs, confidence]);
  // The end follows at once, and each upsert is paid for.
  if (desk.shown === shown || (stage === 'learning' && desk.shown !== '')) return;
  desk.shown = shown;
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.sourceId, value: input.source },
    { key: SEARCH_ATTRIBUTES.stage, value: stage },
    { key: SEARCH_ATTRIBUTES.failureName, value: work?.failure ?? null },
    { key: SEARCH_ATTRIBUTES.outcome, value: work?.end?.outcome ?? null },
    { key: SEARCH_ATTRIBUTES.confidence, value: confidence },
    { key: SEARCH_ATTRIBUTES.awaitingHuman, value: deadlineMs === null ? null : true },
    { key: SEARCH_ATTRIBUTES.deadline, value: deadlineMs === null ? null : new Date(deadlineMs) },
  ]);
}

/** Until a message that matters here comes, or the time is over: one condition, one timer. */
export async function rest(
  desk: RepairDesk,
  waitMs: number,
  { summary, until }: { readonly summary: string; readonly until: () => boolean },
): Promise<boolean> {
  const woken = (): boolean => until() || desk.orders.length > 0 || wantsNewRun(desk);
  return condition(woken, Math.max(1, Math.round(waitMs)), { summary });
}

/** The history shall begin anew: for many messages, or for few that are huge. */
export function wantsNewRun(desk: RepairDesk): boolean {
  return isFull(desk) || workflowInfo().continueAsNewSuggested;
}

/** Tells people; a repair goes on when nobody can be told, and the next reminder tries again. */
export async function tell(
  desk: RepairDesk,
  work: RepairWork,
  message: Pick<TellOfRepairInput, 'kind' | 'what'> & { readonly to?: readonly string[] },
): Promise<RepairWork> {
  const told = { ...work, told: work.told + 1 };
  const { kind, to = [] } = message;
  const what = oneLine(message.what).slice(0, 1000);
  try {
    await quickly.tellOfRepair.executeWithOptions({ summary: `tell people: ${kind}` }, [
      { ...referenceTo(desk, work.incident), kind, count: told.told, to, what },
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('people were not told', { kind, reason: classify(error).message });
  }
  return told;
}

/** Nothing more can be done here without people: they are told, and the incident is over. */
export async function giveUp(
  desk: RepairDesk,
  work: RepairWork,
  because: string,
): Promise<RepairWork> {
  withdrawQuestion(desk);
  const told = await tell(desk, work, { kind: 'alert', what: because });
  return goTo(told, 'learning', { end: { outcome: 'alerted', because } });
}
