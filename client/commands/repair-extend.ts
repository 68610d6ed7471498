import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { extendDeadlineUpdate } from '../../workflows/approval/messages.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import { author } from '../author.ts';
import { requiredIncident } from '../find-incident.ts';
import { liveRepair } from '../live-repair.ts';
import { Problem } from '../problem.ts';
import { ourCommand } from '../spoken-commands.ts';
import { workerAnswer } from '../worker-answer.ts';
import type { Answer, Context } from './command.ts';

/** Gives people more time for a question, up to a week after it was asked. */
export async function repairExtend(context: Context<{ readonly hours: number }>): Promise<Answer> {
  const [wanted = ''] = context.positionals;
  const system = await context.system();
  const incident = await requiredIncident(await system.database(), wanted);
  const live = await liveRepair(system, incident);
  const question = live.kind === 'known' ? live.status.question : undefined;
  if (!question || question.closed)
    throw new Problem(`Nothing is asked about incident "${incident.id}" now.`, {
      failure: 'StaleDecision',
      remedy: `"${ourCommand(`repair show ${incident.id}`)}" shows how it stands.`,
    });
  const workflowId = repairWorkflowId(incident.tenant, incident.source);
  const wish = {
    requestId: question.request.id,
    by: { provider: 'cli' as const, user: author() },
    hours: context.options.hours,
  };
  const temporal = await system.temporal();
  const handle = temporal.client.workflow.getHandle(workflowId);
  const { expiresAtMs } = await workerAnswer(
    temporal,
    { what: `the repair "${workflowId}"`, list: `repair show ${incident.id}` },
    () => handle.executeUpdate(extendDeadlineUpdate, { args: [wish] }),
  ).catch((error: unknown) => {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (error instanceof WorkflowNotFoundError)
      throw new Problem(`The repair of incident "${incident.id}" has ended meanwhile.`, {
        failure: 'StaleDecision',
        cause: error,
      });
    throw error;
  });
  return {
    data: { incident: incident.id, expiresAt: new Date(expiresAtMs).toISOString() },
    text: `The question about incident "${incident.id}" waits until ${timeText(expiresAtMs)} now.`,
  };
}
