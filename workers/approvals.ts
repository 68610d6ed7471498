import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { ApprovalWorkflows } from '../activities/collection/dependencies.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';
import { whereItRuns } from '../adapters/temporal/where-it-runs.ts';
import type { HeldSetReference } from '../workflows/approval/activities.ts';
import type { decideHeld } from '../workflows/approval/decide-held.ts';
import type { DecideHeldInput } from '../workflows/approval/held-input.ts';
import { heldWorkflowId, shortDigest } from '../workflows/approval/held-workflow-id.ts';
import { supersedeSignal } from '../workflows/approval/messages.ts';
import { wordsOf } from '../workflows/approval/question-words.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

/** Questions to people over a Temporal client. Every call may be repeated. */
export function createApprovals(client: Client): ApprovalWorkflows {
  return {
    ask: (question) => ask(client, question),
    async supersede(sets) {
      for (const set of sets) await supersede(client, set);
    },
    isRunning: (workflowId) => isRunning(client, workflowId),
  };
}

/** The id is the set: whoever asks again meets the question that is open. */
async function ask(client: Client, question: DecideHeldInput): Promise<void> {
  const workflowId = heldWorkflowId(question);
  const { tenant, source, title, held, knowledgeBase, digest, kind = 'deletions' } = question;
  const words = wordsOf(kind, held);
  await callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.start<typeof decideHeld>('decideHeld', {
      workflowId,
      taskQueue: 'orchestration',
      args: [question],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.sourceId, value: source },
        { key: SEARCH_ATTRIBUTES.tenantId, value: tenant },
        { key: SEARCH_ATTRIBUTES.knowledgeBaseId, value: knowledgeBase.id },
      ]),
      staticSummary: `${title.slice(0, 60)}: ${words.question}`,
      staticDetails: `Waits for a person's answer about set \`${shortDigest(digest)}\` of source \`${source}\`. ${words.meanwhile}`,
    }),
  );
}

async function supersede(client: Client, set: HeldSetReference): Promise<void> {
  const handle = client.workflow.getHandle(heldWorkflowId(set));
  await whereItRuns(handle.workflowId, () => handle.signal(supersedeSignal), undefined);
}

function isRunning(client: Client, workflowId: string): Promise<boolean> {
  const look = async (): Promise<boolean> => {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  };
  return whereItRuns(workflowId, look, false);
}
