import {
  ActivityFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
} from '@temporalio/workflow';
import { classify } from '../classify.ts';
import { awaitApproval, awaitGuidance } from './ask-people.ts';
import { close } from './close-incident.ts';
import { decideFix } from './decide-fix.ts';
import { deploy, rollBack, watch } from './deliver-fix.ts';
import { awaitRuns, check, diagnose, propose, prove, reproduce, triage } from './find-fix.ts';
import { lookAtRuns, obeyOrders, park } from './interruptions.ts';
import { openDesk, paceOf, type RepairDesk } from './repair-desk.ts';
import { listen } from './repair-doors.ts';
import type { RepairSourceInput } from './repair-input.ts';
import { carriedOf } from './repair-snapshot.ts';
import {
  goTo,
  isBeforeDelivery,
  newWork,
  type RepairStep,
  type RepairWork,
} from './repair-work.ts';
import { giveUp, rest, show, wantsNewRun } from './show-repair.ts';

/** How long a repair that nobody gave anything to do waits for its message. */
const IDLE = '1 minute';

/**
 * Repairs one source, incident by incident: reproduces a failure, finds a fix, proves it, decides or asks people, deploys, and watches the
 * runs on it. One workflow a source, whose id is the lock; it ends when no incident waits, and the next one starts another. What it knows
 * is plain data, and each step gives the next state, so that it continues as new between any two of them.
 */
export async function repairSource(input: RepairSourceInput): Promise<void> {
  const desk = openDesk(input);
  listen(desk);
  await condition(() => hasWork(desk), IDLE);
  for (;;) {
    await workThrough(desk);
    await condition(allHandlersFinished);
    // Nothing is awaited between this look and the end: a message that comes meanwhile makes the server refuse it.
    if (!hasWork(desk)) return leave(desk);
  }
}

function leave(desk: RepairDesk): void {
  desk.stage = 'closed';
  show(desk);
}

function hasWork({ work, queue, orders }: RepairDesk): boolean {
  return (work && work.step !== 'closed') || queue.length > 0 || orders.length > 0;
}

async function workThrough(desk: RepairDesk): Promise<void> {
  while (hasWork(desk)) {
    await obeyOrders(desk);
    await startAfresh(desk);
    const work = takeNext(desk);
    if (work) desk.work = await turn(desk, work);
    await startAfresh(desk);
  }
}

/** The incident under work, or the next one that waits: from then on nothing is left of the one before. */
function takeNext(desk: RepairDesk): RepairWork | undefined {
  if (desk.work && desk.work.step !== 'closed') return desk.work;
  const [next, ...queue] = desk.queue;
  if (!next) return undefined;
  desk.queue = queue;
  desk.work = newWork(next);
  desk.rolledBack = desk.rolledBack.filter((incident) => incident !== next.incident);
  desk.question = undefined;
  desk.guidance = undefined;
  desk.ran = false;
  return desk.work;
}

const STEPS: Readonly<
  Record<RepairStep, (desk: RepairDesk, work: RepairWork) => Promise<RepairWork>>
> = {
  triaging: triage,
  reproducing: reproduce,
  'awaiting-runs': awaitRuns,
  diagnosing: diagnose,
  proposing: propose,
  checking: check,
  proving: prove,
  deciding: decideFix,
  'awaiting-approval': awaitApproval,
  'awaiting-guidance': awaitGuidance,
  deploying: deploy,
  probation: watch,
  'rolling-back': rollBack,
  learning: close,
  closed: (_desk, work) => Promise.resolve(work),
};

/** One step, unless something came that goes first: a run that was good, or an order to stop. */
async function turn(desk: RepairDesk, work: RepairWork): Promise<RepairWork> {
  try {
    if (isBeforeDelivery(work) && desk.ran) return await lookAtRuns(desk, work);
    if (isBeforeDelivery(work) && desk.killed) return await park(desk, work);
    return await STEPS[work.step](desk, work);
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return failed(desk, work, error);
  }
}

/** A step that will not work, whoever tries again: people are told before a fix is in force, and waited for after. */
async function failed(
  desk: RepairDesk,
  work: RepairWork,
  error: ActivityFailure,
): Promise<RepairWork> {
  const { name, message } = classify(error);
  log.error('a step of a repair failed', { step: work.step, failure: name, reason: message });
  // Somebody made it up, or its source was removed.
  if (name === 'NotFound' && (work.step === 'triaging' || work.step === 'learning'))
    return goTo(work, 'closed');
  const because = `The repair stopped at "${work.step}" by ${name}: ${message}`;
  if (isBeforeDelivery(work)) return giveUp(desk, work, because);
  const summary = `${name}: then "${work.step}" again`;
  await rest(desk, paceOf(desk, work.waits), { summary, until: () => false });
  return { ...work, waits: work.waits + 1 };
}

/** Long before a history is too long. */
async function startAfresh(desk: RepairDesk): Promise<void> {
  if (!wantsNewRun(desk) || !hasWork(desk)) return;
  await condition(allHandlersFinished);
  await continueAsNew<typeof repairSource>({ ...desk.input, carried: carriedOf(desk) });
}
