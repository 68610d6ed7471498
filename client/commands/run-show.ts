import type { Database } from '../../adapters/postgres/database.ts';
import { readLatestRuns, readRun, type RunReport } from '../../adapters/postgres/reports.ts';
import { readSuspension, type SuspendedSource } from '../../adapters/postgres/source-health.ts';
import { shortDigest } from '../../workflows/approval/held-workflow-id.ts';
import { Problem } from '../problem.ts';
import { pendingAttempt, type PendingAttempt } from '../pending-attempt.ts';
import { runFacts } from '../run-text.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import type { Terminal } from '../terminal.ts';
import { clean, indented } from '../text.ts';
import { workflowUrl } from '../web-ui.ts';
import type { Answer, Context } from './command.ts';

/** Everything that is known of one run: by its id, with or without "collect:", or the latest one of a source. */
export async function runShow(context: Context<unknown>): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const system = await context.system();
  const db = await system.database();
  const run = await findRun(db, wanted);
  if (!run) throw unknownRun(wanted);
  const suspension = await readSuspension(db, run);
  const { terminal } = context;
  const web = workflowUrl(system.target, { workflowId: run.id, runId: run.temporalRunId });
  const history = temporalCommand(system.target, `workflow show --workflow-id ${run.id}`);
  const pending = await retried(system, run);
  const retry = pending
    ? `The run tries again, attempt ${pending.attempt}. ${clean(pending.failure)}`
    : '';
  return {
    data: { ...run, ...(pending ? { pending } : {}), ...(suspension ? { suspension } : {}) },
    text: [
      runFacts(run, { ...terminal, now: new Date() }),
      ...(retry === '' ? [] : [terminal.paint.warn(indented(retry, terminal.width, '  '))]),
      `  ${terminal.paint.faint('history'.padEnd(11))} ${history}`,
      ...(web ? [`  ${terminal.paint.faint('web'.padEnd(11))} ${web}`] : []),
      ...(suspension ? [pausedText(suspension, terminal)] : []),
      ...next(run, suspension).map(
        (rest) => `  ${terminal.paint.faint('next'.padEnd(11))} ${ourCommand(rest)}`,
      ),
    ].join('\n'),
  };
}

async function findRun(db: Database, wanted: string): Promise<RunReport | undefined> {
  const byId = (await readRun(db, wanted)) ?? (await readRun(db, `collect:${wanted}`));
  return byId ?? (await readLatestRuns(db, { source: wanted, limit: 1 }))[0];
}

/** Why a run under way stands still. What has ended says why itself; without Temporal the rest is still worth showing. */
async function retried(system: System, run: RunReport): Promise<PendingAttempt | undefined> {
  if (run.finishedAt) return undefined;
  return pendingAttempt(await system.temporal(), run.id).catch(() => undefined);
}

function pausedText({ failure, since }: SuspendedSource, { paint }: Terminal): string {
  const what = `since ${since.toISOString()}, by ${failure}`;
  return `  ${paint.faint('paused'.padEnd(11))} ${paint.warn(what)}`;
}

function next(
  { source, status, counts, held }: RunReport,
  suspension: SuspendedSource | undefined,
): readonly string[] {
  if (suspension) return [`check ${source}`, `resume ${source}`];
  if (held?.incident !== undefined) return [`repair show ${held.incident}`];
  if (held) return [`approve ${shortDigest(held.digest)}`, `reject ${shortDigest(held.digest)}`];
  if ((counts.failed ?? 0) > 0) return [`dead-letters ${source}`];
  return status === 'failed' ? [`check ${source}`] : [];
}

function unknownRun(wanted: string): Problem {
  return new Problem(`There is no run "${wanted}", nor a source of that name with runs.`, {
    failure: 'NotFound',
    remedy: `"${ourCommand('runs')}" lists the newest ones.`,
  });
}
