import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Database } from '../adapters/postgres/database.ts';
import { readHeldSet, type HeldSetReport } from '../adapters/postgres/held-reports.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import type { decideHeld } from '../workflows/approval/decide-held.ts';
import { heldWorkflowId, shortDigest } from '../workflows/approval/held-workflow-id.ts';
import { decideUpdate, statusQuery } from '../workflows/approval/messages.ts';
import type { Answer as DecisionAnswer, Verdict } from '../workflows/approval/request.ts';
import type { HeldStatus } from '../workflows/approval/status.ts';
import { isBaseline, wordsOf } from '../workflows/approval/question-words.ts';
import { timeText } from '../workflows/approval/words.ts';
import { author } from './author.ts';
import type { Answer, Context } from './commands/command.ts';
import { confirm } from './confirm.ts';
import { findHeldSet, heldSetText, refusalOf } from './held-set.ts';
import { Problem } from './problem.ts';
import { ourCommand, temporalCommand } from './spoken-commands.ts';
import { clean } from './text.ts';
import { workerAnswer } from './worker-answer.ts';

export interface DecisionOptions {
  readonly reason: string | undefined;
  readonly yes: boolean;
}

type Decision = 'approve' | 'reject';

/** Deleting takes seconds, unless a run of the source is under way. */
const FOLLOW_MS = 60_000;
const POLL_MS = 250;

/** Shows a held set, asks whoever sits there, and takes the decision through the update, which answers. */
export async function decide(
  context: Context<DecisionOptions>,
  verdict: Decision,
): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const { options, terminal } = context;
  const system = await context.system();
  const [db, temporal] = [await system.database(), await system.temporal()];
  const set = await findHeldSet(db, wanted);
  const refusal = refusalOf(set);
  if (refusal) throw refusal;
  const { request } = await readStatus(temporal, set);
  terminal.notice(heldSetText(set, terminal, new Date()));
  terminal.notice(`Asked until ${timeText(request.expiresAtMs)}.`);
  const words = wordsOf(set.kind, set);
  const question = verdict === 'approve' ? words.approving : words.rejecting;
  if (!options.yes && !(await confirm(question))) return undecided(set);
  const { reason } = options;
  const given: Verdict = {
    requestId: request.id,
    digest: set.digest,
    verdict,
    decisionId: `cli:${randomUUID()}`,
    by: { provider: 'cli', user: author() },
    ...(reason === undefined ? {} : { reason }),
  };
  const answer = await send({ db, temporal, set, given });
  const same = temporalCommand(system.target, `workflow show --workflow-id ${heldWorkflowId(set)}`);
  const end = answer.terminal ? await follow(db, set, verdict) : set;
  return told({ answer, set: end, verdict, same });
}

/** Of what is asked now: the id of the question travels with the answer. */
async function readStatus(temporal: Temporal, set: HeldSetReport): Promise<HeldStatus> {
  const workflowId = heldWorkflowId(set);
  try {
    return await workerAnswer(
      temporal,
      { what: `the question "${workflowId}"`, list: 'approvals' },
      () => temporal.client.workflow.getHandle<typeof decideHeld>(workflowId).query(statusQuery),
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new Problem(`Nobody waits for an answer about set ${shortDigest(set.digest)} any more.`, {
      failure: 'NotFound',
      remedy: `Run the source again with "${ourCommand(`run ${set.source}`)}": what is still missing is asked about anew.`,
      cause: error,
    });
  }
}

interface Sending {
  readonly db: Database;
  readonly temporal: Temporal;
  readonly set: HeldSetReport;
  readonly given: Verdict;
}

/** A question that has ended meanwhile has its end in the database. */
async function send({ db, temporal, set, given }: Sending): Promise<DecisionAnswer> {
  const workflowId = heldWorkflowId(set);
  const handle = temporal.client.workflow.getHandle<typeof decideHeld>(workflowId);
  try {
    return await workerAnswer(
      temporal,
      { what: `the question "${workflowId}"`, list: 'approvals' },
      () => handle.executeUpdate(decideUpdate, { updateId: given.decisionId, args: [given] }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const now = await readHeldSet(db, set);
    throw (now && refusalOf(now)) ?? error;
  }
}

/** Until the row says what came of it; the rest goes on without us. */
async function follow(db: Database, set: HeldSetReport, verdict: Decision): Promise<HeldSetReport> {
  const untilMs = Date.now() + FOLLOW_MS;
  for (;;) {
    const now = (await readHeldSet(db, set)) ?? set;
    const done = verdict === 'approve' ? now.executedAt !== null : true;
    const ended = now.state !== 'open' && (done || now.state !== 'approved');
    if (ended || Date.now() > untilMs) return now;
    await sleep(POLL_MS);
  }
}

interface Told {
  readonly answer: DecisionAnswer;
  readonly set: HeldSetReport;
  readonly verdict: Decision;
  readonly same: string;
}

function told({ answer, set, verdict, same }: Told): Answer {
  const refusal = set.state === 'superseded' ? refusalOf(set) : undefined;
  if (refusal) throw refusal;
  return {
    data: { ...answer, set },
    text: `${sentence({ answer, set, verdict })}\nHistory: ${same}`,
  };
}

function sentence({ answer, set, verdict }: Omit<Told, 'same'>): string {
  const { kind, source, deleted, dropped } = set;
  const words = wordsOf(kind, set);
  if (!answer.terminal)
    return `Recorded: ${answer.approvals} of ${answer.quorum} approvals for ${words.subject} of "${source}".`;
  if (verdict === 'reject') return `Rejected for "${source}": ${words.rejected}`;
  if (isBaseline(kind))
    return `Approved for "${source}": ${words.approved} Start one with "${ourCommand(`run ${source}`)}", or wait for the next.`;
  if (set.executedAt === null)
    return `Approved: the documents of "${source}" are deleted as soon as no run of the source is under way. "${ourCommand('approvals')}" shows when.`;
  const left =
    (dropped ?? 0) > 0
      ? `, ${dropped} left out because the source has shown them again or they were gone already`
      : '';
  return `Approved: ${deleted ?? 0} documents of "${source}" deleted${left}. The knowledge base forgets them with its next ingestion; "${ourCommand('approvals')}" shows whether it has.`;
}

function undecided(set: HeldSetReport): Answer {
  return {
    data: { decided: false, set },
    text: `Nothing was decided about ${shortDigest(set.digest)} of "${clean(set.source)}".`,
    exitCode: 130,
  };
}
