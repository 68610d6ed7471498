import { log, setHandler } from '@temporalio/workflow';
import { refusalOf, withRefusal } from '../approval/question.ts';
import { openDoors } from '../approval/question-doors.ts';
import { failure } from '../failures.ts';
import {
  killSignal,
  provideGuidanceUpdate,
  repairStatusQuery,
  reportFailureSignal,
  rollbackSignal,
  runFinishedSignal,
  type AcceptedGuidance,
  type Guidance,
  type ReportedIncident,
  type RollbackOrder,
} from './messages.ts';
import {
  GUIDANCE_SHAPE,
  parseGuidance,
  parseIncident,
  parseKill,
  parseRollback,
} from './parse-messages.ts';
import type { RepairDesk } from './repair-desk.ts';
import { statusOf } from './repair-snapshot.ts';
import { MAX_ATTEMPTS } from './repair-work.ts';

/** Sets every handler: signals note what came, updates answer, and none ever throws anything but our own refusals. */
export function listen(desk: RepairDesk): void {
  openDoors({
    question: () => desk.question,
    keep(question) {
      desk.question = question;
      desk.messages += 1;
    },
    refuse(refusal) {
      desk.messages += 1;
      desk.refused = withRefusal(desk.refused, refusal);
      desk.refusedTotal += 1;
    },
    proven: desk.input.authorisedFrontend ?? false,
  });
  setHandler(reportFailureSignal, (message: unknown) => report(desk, message), {
    description: 'An incident of the source is open. Needs incident and failure.',
  });
  setHandler(runFinishedSignal, () => wake(desk), {
    description: 'A run of the source has ended: look at the runs.',
  });
  setHandler(rollbackSignal, (message: unknown) => orderRollback(desk, message), {
    description: 'Take back a deployed fix. Needs incident, by and reason.',
  });
  setHandler(killSignal, (message: unknown) => switchOff(desk, message), {
    description: 'Park the repair where it stands, or let it go on. Needs on, by and reason.',
  });
  setHandler(provideGuidanceUpdate, (message: unknown) => takeGuidance(desk, message), {
    description: 'Say what you know of the fix. Needs incident, decisionId, by and text.',
    validator: (message: unknown) => void guidanceOf(desk, message),
  });
  setHandler(repairStatusQuery, () => statusOf(desk), {
    description: 'Everything about the repair.',
  });
}

/** A forged flood must not grow the state; what waits beyond it is in the database, and is reported again. */
const MAX_QUEUE = 20;
const MAX_ORDERS = 5;

function report(desk: RepairDesk, message: unknown): void {
  desk.messages += 1;
  const reported = parseIncident(message);
  if (!reported) return refuse(desk, 'signal reportFailure', JUNK);
  if (isKnown(desk, reported)) return;
  if (desk.queue.length >= MAX_QUEUE)
    return refuse(desk, 'signal reportFailure', 'Too many incidents wait already.');
  desk.queue = [...desk.queue, reported];
}

/** One that is about to be closed may have been opened again: triage sees it. */
function isKnown({ work, queue }: RepairDesk, { incident }: ReportedIncident): boolean {
  const isUnderWork = work && work.step !== 'learning' && work.step !== 'closed';
  const known = isUnderWork && work.incident === incident;
  return known || queue.some((one) => one.incident === incident);
}

function wake(desk: RepairDesk): void {
  desk.messages += 1;
  desk.ran = true;
}

function orderRollback(desk: RepairDesk, message: unknown): void {
  desk.messages += 1;
  const order = parseRollback(message);
  if (!order) return refuse(desk, 'signal rollback', JUNK);
  const waits = desk.orders.some(({ incident }) => incident === order.incident);
  if (waits || desk.rolledBack.includes(order.incident)) return;
  if (desk.orders.length >= MAX_ORDERS)
    return refuse(desk, 'signal rollback', 'Too many rollbacks wait already.', order);
  desk.orders = [...desk.orders, order];
}

function switchOff(desk: RepairDesk, message: unknown): void {
  desk.messages += 1;
  const order = parseKill(message);
  if (!order) return refuse(desk, 'signal kill', JUNK);
  desk.killed = order.on ? order : undefined;
  if (!order.on) desk.letGoOn += 1;
}

function takeGuidance(desk: RepairDesk, message: unknown): AcceptedGuidance {
  const { guidance, attempt, isRepeated } = guidanceOf(desk, message);
  if (isRepeated) return { attempt };
  desk.messages += 1;
  desk.guidance = guidance;
  const { decisionId } = guidance;
  desk.guided = [...desk.guided, { decisionId, attempt }].slice(-MAX_ATTEMPTS);
  return { attempt };
}

/** @throws StaleDecision | NotAllowed - why the guidance does not count. */
function guidanceOf(
  desk: RepairDesk,
  message: unknown,
): { readonly guidance: Guidance; readonly attempt: number; readonly isRepeated: boolean } {
  const guidance = parseGuidance(message);
  if (!guidance) throw failure('StaleDecision', GUIDANCE_SHAPE);
  const earlier = desk.guided.find(({ decisionId }) => decisionId === guidance.decisionId);
  if (earlier) return { guidance, attempt: earlier.attempt, isRepeated: true };
  const { work } = desk;
  if (work?.incident !== guidance.incident) {
    const now = work ? `incident "${work.incident}" is` : 'no incident is';
    const because = `This is about incident "${guidance.incident}", but ${now} repaired now. Read what the workflow shows.`;
    throw failure('StaleDecision', because);
  }
  const asked = work.step === 'awaiting-guidance' && !desk.question?.approval.closed;
  if (!asked || desk.guidance) {
    const because = `Incident "${work.incident}" does not wait for guidance now. To ask for another fix, answer its question with "request-changes".`;
    throw failure('NotAllowed', because);
  }
  if (work.attempt >= MAX_ATTEMPTS) {
    const because = `Incident "${work.incident}" had ${work.attempt} attempts, which is the most. Mend the definition by hand, then run "npm run cli -- apply".`;
    throw failure('NotAllowed', because);
  }
  return { guidance, attempt: work.attempt + 1, isRepeated: false };
}

const JUNK = 'The message cannot be read. Copy the command from the details of the workflow.';

/** A signal cannot answer: what is refused is kept, and shown. */
export function refuse(
  desk: RepairDesk,
  door: string,
  because: string,
  order?: RollbackOrder,
): void {
  const name = because === JUNK ? 'junk' : 'NotAllowed';
  const refusal = refusalOf({ failure: name, because, door, atMs: Date.now() }, order?.by);
  desk.refused = withRefusal(desk.refused, refusal);
  desk.refusedTotal += 1;
  log.warn('refused a message', { ...refusal });
}
