import type { Triggered } from '../adapters/temporal/schedules.ts';
import type { Answer, Context } from './commands/command.ts';
import { followRun } from './follow-run.ts';
import { Problem } from './problem.ts';
import { exitCodeOf, runText } from './run-text.ts';
import { ourCommand } from './spoken-commands.ts';
import type { System } from './system.ts';

/** The run that a trigger started, or the one that was under way instead. */
export interface TriggeredRun {
  readonly source: string;
  readonly workflowId: string;
}

/** @throws Problem - a run is under way, and the server does not name it. */
export function triggeredRun(triggered: Triggered, source: string): TriggeredRun {
  const id = triggered.outcome === 'started' ? triggered.run.workflowId : triggered.running;
  if (id !== undefined) return { source, workflowId: id };
  throw new Problem(`A run of "${source}" is under way already, and Temporal does not say which.`, {
    failure: 'Conflict',
    remedy: `See it with "${ourCommand(`runs ${source}`)}".`,
  });
}

/** Waits for the run, shows its progress, and answers with how it ended. */
export async function follow(
  { terminal }: Context<unknown>,
  system: System,
  { source, workflowId }: TriggeredRun,
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

/** For who does not wait. */
export function started({ outcome }: Triggered, { workflowId }: TriggeredRun): Answer {
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
