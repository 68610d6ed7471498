import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Database } from '../adapters/postgres/database.ts';
import { readIncident, type Incident } from '../adapters/postgres/incidents.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import { decideUpdate } from '../workflows/approval/messages.ts';
import type { Answer as DecisionAnswer, Verdict } from '../workflows/approval/request.ts';
import { timeText } from '../workflows/approval/words.ts';
import type { FailureName } from '../workflows/failures.ts';
import { FAILURES } from '../workflows/failures.ts';
import { repairWorkflowId } from '../workflows/repair/ids.ts';
import type { QuestionStatus } from '../workflows/repair/repair-status.ts';
import { author } from './author.ts';
import type { Answer, Context } from './commands/command.ts';
import { canAsk, confirm } from './confirm.ts';
import type { DecisionOptions } from './decide.ts';
import { liveRepair } from './live-repair.ts';
import { Problem } from './problem.ts';
import { answerText, repairText } from './repair-text.ts';
import { deliveryOf, isDeployed, repairView, type RepairView } from './repair-view.ts';
import { ourCommand } from './spoken-commands.ts';
import { clean } from './text.ts';
import { workerAnswer } from './worker-answer.ts';

type Decision = Verdict['verdict'];

export interface RepairDecision extends DecisionOptions {
  /** Why a fix is refused, in one word: `wrong-data`, `not-a-bug`. */
  readonly class?: string | undefined;
}

/** Shows what broke, the change and the values, asks whoever sits there, and takes the decision through the update, which answers. */
export async function decideRepair(
  context: Context<RepairDecision>,
  incident: Incident,
  verdict: Decision,
): Promise<Answer> {
  const { options, terminal } = context;
  const system = await context.system();
  const [db, temporal] = [await system.database(), await system.temporal()];
  const view = await repairView(db, incident, await liveRepair(system, incident));
  const { request } = askedNow(view);
  const shown = { ...terminal, now: new Date(), target: system.target };
  terminal.notice(repairText(view, shown));
  terminal.notice(`Asked until ${timeText(request.expiresAtMs)}.`);
  // A script that says no "--yes" has not said that a fix may go in.
  if (verdict === 'approve' && !options.yes && !canAsk())
    return undecided(incident, answerText(view, shown), 4);
  if (!options.yes && !(await confirm(QUESTIONS[verdict](incident.source))))
    return undecided(incident, answerText(view, shown), 130);
  const { reason, class: reasonClass } = options;
  const given: Verdict = {
    requestId: request.id,
    digest: request.digest,
    verdict,
    decisionId: `cli:${randomUUID()}`,
    by: { provider: 'cli', user: author() },
    ...(reasonClass === undefined ? {} : { reasonClass }),
    ...(reason === undefined ? {} : { reason }),
  };
  const answer = await send({ db, temporal, incident, given });
  const end = answer.terminal ? await follow(db, incident, verdict) : incident;
  return { data: { ...answer, incident: end }, text: sentence(answer, end, verdict) };
}

const QUESTIONS: Readonly<Record<Decision, (source: string) => string>> = {
  approve: (source) => `Put this fix of "${source}" in force?`,
  reject: (source) => `Refuse this fix of "${source}", and end its repair?`,
  'request-changes': (source) => `Ask for another fix of "${source}"?`,
};

/** @throws Problem - what is asked no longer, or not yet, by the name of its refusal. */
function askedNow(view: RepairView): QuestionStatus {
  const { incident, question, live } = view;
  if (incident.state === 'closed') throw ended(incident);
  if (live.kind === 'silent')
    throw new Problem(`Nobody can be asked what waits: ${live.because}.`, {
      failure: 'Unavailable',
      remedy: 'Look whether Temporal and a worker run, then try again.',
    });
  if (question && !question.closed) return question;
  const stage = live.kind === 'known' ? live.status.stage : incident.stage;
  throw (
    decided(view, stage) ??
    refusal(
      'StaleDecision',
      `Nothing is asked about incident "${incident.id}" now: it is ${stage}.`,
    )
  );
}

/** Who was faster, and when; undefined where nobody has decided. */
function decided(view: RepairView, stage: string): Problem | undefined {
  const { incident, question, deployed } = view;
  const { outcome, by = 'somebody', atMs = 0 } = question?.closed ?? {};
  const about = `The question about the fix of incident "${incident.id}"`;
  if (outcome === 'approve' || outcome === 'reject' || outcome === 'request-changes')
    return refusal(
      'AlreadyDecided',
      `${about} was answered with "${outcome}" by "${clean(by)}" on ${timeText(atMs)}: it is ${stage} now.`,
    );
  if (outcome === 'expired')
    return refusal('DeadlinePassed', `${about} was open until ${timeText(atMs)}.`);
  if (!deployed || !isDeployed(view)) return undefined;
  return refusal(
    'AlreadyDecided',
    `The fix of incident "${incident.id}" was deployed on ${timeText(deployed.atMs)}, decided by "${clean(deployed.decidedBy)}": it is ${stage} now.`,
  );
}

/** Why nobody can decide about an incident that is over. */
function ended({ id, outcome, becauseClosed, closedAt }: Incident): Problem {
  const when = closedAt === null ? '' : ` on ${timeText(closedAt.getTime())}`;
  const why = becauseClosed === null ? '' : ` ${clean(becauseClosed)}`;
  const name: FailureName =
    outcome === 'pr-expired'
      ? 'DeadlinePassed'
      : outcome?.startsWith('pr-') === true
        ? 'AlreadyDecided'
        : 'StaleDecision';
  return refusal(name, `Incident "${id}" was closed as ${outcome}${when}.${why}`);
}

function refusal(failure: FailureName, message: string): Problem {
  return new Problem(message, { failure, remedy: FAILURES[failure].remedy });
}

interface Sending {
  readonly db: Database;
  readonly temporal: Temporal;
  readonly incident: Incident;
  readonly given: Verdict;
}

async function send({ db, temporal, incident, given }: Sending): Promise<DecisionAnswer> {
  const workflowId = repairWorkflowId(incident.tenant, incident.source);
  const handle = temporal.client.workflow.getHandle(workflowId);
  try {
    return await workerAnswer(
      temporal,
      { what: `the repair "${workflowId}"`, list: `repair show ${incident.id}` },
      () => handle.executeUpdate(decideUpdate, { updateId: given.decisionId, args: [given] }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const now = await readIncident(db, incident.id);
    throw now?.state === 'closed' ? ended(now) : error;
  }
}

/** What a decision sets off takes seconds; the rest goes on without us. */
const FOLLOW_MS = 60_000;
const POLL_MS = 250;

async function follow(db: Database, incident: Incident, verdict: Decision): Promise<Incident> {
  const untilMs = Date.now() + FOLLOW_MS;
  const before = incident.stage;
  for (;;) {
    const now = (await readIncident(db, incident.id)) ?? incident;
    const moved = verdict === 'approve' ? isBeyond(now) : now.stage !== before;
    const isOver = verdict === 'reject' ? now.state === 'closed' : moved;
    if (isOver || now.state === 'closed' || Date.now() > untilMs) return now;
    await sleep(POLL_MS);
  }
}

/** Deployed, or kept from it. */
function isBeyond({ stage }: Incident): boolean {
  return stage === 'probation' || stage === 'parked' || stage === 'rolling-back';
}

function sentence(answer: DecisionAnswer, incident: Incident, verdict: Decision): string {
  const { id, source, state, outcome, becauseClosed, stage } = incident;
  if (!answer.terminal)
    return `Recorded: ${answer.approvals} of ${answer.quorum} approvals for the fix of "${source}".`;
  const see = `See it with "${ourCommand(`repair show ${id}`)}".`;
  if (verdict === 'request-changes')
    return `Another fix of "${source}" is looked for, with what you said. ${see}`;
  if (verdict === 'reject')
    return `Rejected: nothing changes for "${source}", and its repair has ended. The same break is not asked about for a week, unless the source was good in between.`;
  if (deliveryOf(incident).deployed && state === 'open')
    return `Approved, and deployed: a run of "${source}" reads with the fix now. The next runs are its probation; a bad one takes it back by itself. ${see}`;
  if (state === 'closed')
    return `Approved. The repair ended as ${outcome}: ${clean(becauseClosed ?? '')}`;
  return `Approved, and not deployed yet: the repair is ${stage}. ${see}`;
}

function undecided({ id, source }: Incident, commands: string, exitCode: 4 | 130): Answer {
  const how = exitCode === 4 ? ' A script says --yes when it means it.' : '';
  return {
    data: { decided: false, incident: id },
    text: `Nothing was decided about the fix of "${clean(source)}".${how}\n${commands}`,
    exitCode,
  };
}
