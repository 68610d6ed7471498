import type { Triggered } from '../../adapters/temporal/schedules.ts';
import { sourceScheduleId } from '../../workflows/collection/ids.ts';
import { followRun } from '../follow-run.ts';
import { sourceInForce } from '../known-source.ts';
import { Problem } from '../problem.ts';
import { exitCodeOf, runText } from '../run-text.ts';
import { ourCommand, temporalCommand } from '../spoken-commands.ts';
import type { System } from '../system.ts';
import type { Answer, Context } from './command.ts';

/** Collects a source now and waits for it. The schedule starts the run, so that it stays the source's only lock. */
export async function run(context: Context<{ readonly 'no-wait': boolean }>): Promise<Answer> {
  const [source = ''] = context.positionals;
  const { options, terminal } = context;
  const system = await context.system();
  const { definition } = await sourceInForce(await system.database(), source);
  if (!definition.enabled) throw disabled(source);
  const schedules = await system.schedules();
  const scheduleId = sourceScheduleId(definition.tenant, definition.id);
  const same = temporalCommand(
    system.target,
    `schedule trigger --schedule-id ${scheduleId} --overlap-policy Skip`,
  );
  terminal.notice(`Same as: ${same}`);
  const triggered = await schedules.trigger(scheduleId);
  const workflowId = idOf(triggered, source);
  if (options['no-wait']) return started(triggered, workflowId);
  if (triggered.outcome === 'skipped')
    terminal.notice(`A run of "${source}" is under way already; this waits for it.`);
  return follow(context, system, { source, workflowId });
}

async function follow(
  { terminal }: Context<unknown>,
  system: System,
  { source, workflowId }: { readonly source: string; readonly workflowId: string },
): Promise<Answer> {
  const [db, temporal] = [await system.database(), await system.temporal()];
  const followed = await followRun({ db, temporal, terminal, source, workflowId });
  if (followed.outcome === 'left') return left(workflowId);
  const text = runText(followed.run, { ...terminal, now: new Date() });
  const { status } = followed.run;
  const next = status === 'succeeded' ? `documents ${source}` : `run show ${workflowId}`;
  return {
    data: followed.run,
    text: `${text}\n${terminal.paint.faint(ourCommand(next))}`,
    exitCode: exitCodeOf(followed.run),
  };
}

function started({ outcome }: Triggered, workflowId: string): Answer {
  const what = outcome === 'started' ? 'Started' : 'Already under way:';
  return {
    data: { outcome, run: workflowId },
    text: `${what} ${workflowId}\nSee it with ${ourCommand(`run show ${workflowId}`)}`,
  };
}

function left(workflowId: string): Answer {
  return {
    data: { outcome: 'left', run: workflowId },
    text: `The run goes on without you. See it with ${ourCommand(`run show ${workflowId}`)}`,
    exitCode: 130,
  };
}

function idOf(triggered: Triggered, source: string): string {
  const id = triggered.outcome === 'started' ? triggered.run.workflowId : triggered.running;
  if (id !== undefined) return id;
  throw new Problem(`A run of "${source}" is under way already, and Temporal does not say which.`, {
    failure: 'Conflict',
    remedy: `See it with "${ourCommand(`runs ${source}`)}".`,
  });
}

function disabled(source: string): Problem {
  return new Problem(`Source "${source}" is disabled, so a run would collect nothing.`, {
    failure: 'InvalidConfig',
    remedy: `Set "enabled: true" in its definition, then run "${ourCommand('apply')}".`,
  });
}
