import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { SyncTarget } from '../workflows/collection/activities.ts';
import { syncWorkflowId } from '../workflows/collection/ids.ts';
import { requestSyncSignal } from '../workflows/collection/messages.ts';
import type { syncKnowledgeBase } from '../workflows/collection/sync-knowledge-base.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

/** Starts the sync of a data source, or tells the running one, in one request: the id is the lock, so nothing can start twice. */
export async function wakeSync(client: Client, target: SyncTarget, source: string): Promise<void> {
  const { id, knowledgeBaseId, dataSourceId } = target;
  await client.workflow.signalWithStart<typeof syncKnowledgeBase, [{ source: string }]>(
    'syncKnowledgeBase',
    {
      workflowId: syncWorkflowId(knowledgeBaseId, dataSourceId),
      taskQueue: 'orchestration',
      args: [{ v: 1, ...target }],
      signal: requestSyncSignal,
      signalArgs: [{ source }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.knowledgeBaseId, value: id },
      ]),
      staticSummary: `Keep knowledge base ${id} in step`,
      staticDetails: `Ingests data source \`${dataSourceId}\` of knowledge base \`${knowledgeBaseId}\` whenever something changed in S3.`,
    },
  );
}
