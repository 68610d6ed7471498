import { approvalsOf, type Question } from '../approval/question.ts';
import type { ChosenFix, RepairCase } from './activities.ts';
import type { RepairDesk } from './repair-desk.ts';
import type { CarriedRepair } from './repair-input.ts';
import type { IncidentStatus, RepairStatus } from './repair-status.ts';
import type { RepairWork } from './repair-work.ts';

/** What query `status` says. */
export function statusOf(desk: RepairDesk): RepairStatus {
  const { input, stage, work, queue, killed, question } = desk;
  const own = question?.refused ?? [];
  const refused = [...desk.refused, ...own].toSorted((a, b) => a.atMs - b.atMs);
  return {
    source: input.source,
    stage,
    ...(work ? { incident: incidentOf(work) } : {}),
    queued: queue.map(({ incident }) => incident),
    ...(killed ? { parked: killed } : {}),
    ...(question ? { question: questionOf(question) } : {}),
    refused,
    refusedTotal: desk.refusedTotal + (question?.refusedTotal ?? 0),
  };
}

function questionOf(question: Question): NonNullable<RepairStatus['question']> {
  const { approval, openedAtMs } = question;
  const { request, closed } = approval;
  return { request, openedAtMs, approvals: approvalsOf(question), ...(closed ? { closed } : {}) };
}

function incidentOf(work: RepairWork): IncidentStatus {
  const { incident, failure, attempt, allowed, runs, diagnosis, opened, end } = work;
  const { reproduction, guidance, fix, proof, verdict, stuck, deployed } = work;
  return {
    incident,
    failure,
    ...(opened ? { opened } : {}),
    attempt,
    attemptsAllowed: allowed,
    facts: diagnosis?.facts ?? [],
    runs,
    ...(reproduction ? { reproduction } : {}),
    ...(guidance ? { guidance } : {}),
    ...(fix ? { fix } : {}),
    ...(proof ? { proof } : {}),
    ...(verdict ? { verdict } : {}),
    ...(stuck === undefined ? {} : { stuck }),
    ...(deployed ? { deployed } : {}),
    ...(end ? { outcome: end.outcome, because: end.because } : {}),
  };
}

/** Kept of refusals over continue-as-new. */
const CARRIED_REFUSALS = 2;

/** Everything that the next run needs, below 8 KB: what people read at length is cut, what decides is whole. */
export function carriedOf(desk: RepairDesk): CarriedRepair {
  const { queue, orders, rolledBack, killed, ran, guidance, guided, refused, refusedTotal } = desk;
  const { work, question } = desk;
  return {
    queue,
    orders,
    rolledBack,
    ran,
    guided,
    refused: refused.slice(-CARRIED_REFUSALS),
    refusedTotal,
    ...(killed ? { killed } : {}),
    ...(guidance ? { guidance } : {}),
    ...(work ? { work: slim(work) } : {}),
    ...(question
      ? { question: { ...question, refused: question.refused.slice(-CARRIED_REFUSALS) } }
      : {}),
  };
}

function slim(work: RepairWork): RepairWork {
  const { fix, verdict, diagnosis, runs, opened, guidance, proof, reproduction, stuck } = work;
  return {
    ...work,
    candidates: work.step === 'checking' ? work.candidates : [],
    runs: lines(runs, 3, 100),
    ...(opened ? { opened: slimCase(opened) } : {}),
    ...(guidance ? { guidance: { ...guidance, text: guidance.text.slice(0, 300) } } : {}),
    ...(diagnosis ? { diagnosis: { ...diagnosis, facts: lines(diagnosis.facts, 3, 100) } } : {}),
    ...(reproduction ? { reproduction: withShort(reproduction) } : {}),
    ...(stuck === undefined ? {} : { stuck: stuck.slice(0, 200) }),
    ...(fix ? { fix: slimFix(fix) } : {}),
    ...(proof ? { proof: withShort(proof) } : {}),
    ...(verdict ? { verdict: { ...verdict, reasons: lines(verdict.reasons, 3, 100) } } : {}),
  };
}

function slimCase(opened: RepairCase): RepairCase {
  return { ...withShort(opened), fields: lines(opened.fields, 5, 50) };
}

function slimFix(fix: ChosenFix): ChosenFix {
  const values = fix.values.slice(0, 3).map(({ field, before, after }) => ({
    field: field.slice(0, 40),
    before: before.slice(0, 40),
    after: after.slice(0, 40),
  }));
  const { explains, checks, changes } = fix;
  return {
    ...fix,
    explains: explains.slice(0, 100),
    checks: lines(checks, 9, 24),
    changes: lines(changes, 3, 80),
    values,
  };
}

function withShort<One extends { readonly because: string }>(one: One): One {
  return { ...one, because: one.because.slice(0, 150) };
}

function lines(all: readonly string[], count: number, length: number): readonly string[] {
  return all.slice(0, count).map((line) => line.slice(0, length));
}
