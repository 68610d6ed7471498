import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Incident } from '../../adapters/postgres/incidents.ts';
import { author } from '../../client/author.ts';
import { decideUpdate } from '../../workflows/approval/messages.ts';
import { decideCommand } from '../../workflows/approval/question-details.ts';
import type { Verdict } from '../../workflows/approval/request.ts';
import { timeText } from '../../workflows/approval/words.ts';
import { repairWorkflowId } from '../../workflows/repair/ids.ts';
import type { QuestionStatus } from '../../workflows/repair/repair-status.ts';
import type { Stage } from './story.ts';

export interface Asking {
  readonly opened: Incident;
  readonly question: QuestionStatus;
  /** Nobody sits there: approve by ourselves. */
  readonly yes: boolean;
}

/**
 * Prints every way to answer; takes Enter for yes where somebody sits at a terminal, and goes on at once: any door may answer. Call the result
 * when the question is over.
 */
export async function askPerson(stage: Stage, asking: Asking): Promise<() => void> {
  const { screen, cli } = stage;
  const { opened, question, yes } = asking;
  const { request } = question;
  const workflowId = repairWorkflowId(opened.tenant, opened.source);
  screen.line('');
  screen.line(
    `   It waits for an answer until ${timeText(request.expiresAtMs)}. In another terminal:`,
  );
  screen.line(`     ${cli(`repair show ${opened.id}`)}`);
  screen.line(`     ${cli(`approve ${opened.id}`)}`);
  screen.line(`     ${cli(`reject ${opened.id} --reason "…"`)}`);
  screen.line("   or by Temporal's own command:");
  screen.line(`     ${stage.temporal(decideCommand(workflowId, request, 'approve'))}`);
  screen.line('');
  if (yes) {
    screen.line('   --yes: the demo approves it by itself.');
    await approve(stage, asking);
  } else if (process.stdin.isTTY) {
    screen.line('   Press Enter here to approve it.');
    return onEnter(stage, () => approve(stage, asking));
  } else screen.line('   Waiting for one of these.');
  return () => undefined;
}

/** What helps is not known here; the commands that say it are. */
export function askForHelp({ screen, cli }: Stage, { id }: Incident): () => void {
  screen.line('   In another terminal:');
  screen.line(`     ${cli(`repair show ${id}`)}`);
  screen.line(`     ${cli(`repair guide ${id} --text "title: h2.item__name"`)}`);
  screen.line(`     ${cli(`reject ${id}`)}`);
  return () => undefined;
}

function onEnter({ signal, screen }: Stage, act: () => Promise<void>): () => void {
  const lines = createInterface({ input: process.stdin });
  // Ctrl-C in a terminal that is read line by line comes here.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  lines.once('line', () => {
    lines.close();
    act().catch((error: unknown) =>
      screen.entry(`   ${error instanceof Error ? error.message : String(error)}`),
    );
  });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  return () => lines.close();
}

async function approve({ client, screen }: Stage, { opened, question }: Asking): Promise<void> {
  const given: Verdict = {
    requestId: question.request.id,
    digest: question.request.digest,
    verdict: 'approve',
    decisionId: `cli:${randomUUID()}`,
    by: { provider: 'cli', user: author() },
    reason: 'approved in the demo',
  };
  const handle = client.workflow.getHandle(repairWorkflowId(opened.tenant, opened.source));
  try {
    await handle.executeUpdate(decideUpdate, { updateId: given.decisionId, args: [given] });
  } catch (error) {
    // Somebody was faster at another door.
    if (error instanceof WorkflowNotFoundError) return;
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    screen.entry(`   ${(error.cause ?? error).message}`);
  }
}
