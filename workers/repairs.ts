import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy, type Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { RepairWorkflows } from '../activities/collection/dependencies.ts';
import type { Incident } from '../adapters/postgres/incidents.ts';
import type { SourceReference } from '../adapters/postgres/source-state.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';
import { whereItRuns } from '../adapters/temporal/where-it-runs.ts';
import { repairWorkflowId } from '../workflows/repair/ids.ts';
import {
  reportFailureSignal,
  runFinishedSignal,
  type FinishedRun,
  type ReportedIncident,
} from '../workflows/repair/messages.ts';
import type { repairSource } from '../workflows/repair/repair-source.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

/** Repairs over a Temporal client. Every call may be repeated. */
export function createRepairs(client: Client): RepairWorkflows {
  return {
    report: (incident) => report(client, incident),
    runFinished: (source, run) => runFinished(client, source, run),
    running: () => running(client),
  };
}

/** Starts the repair of a source, or tells the running one of the incident, in one request: the id is the lock. */
async function report(
  client: Client,
  { tenant, source, id, failure }: Pick<Incident, 'tenant' | 'source' | 'id' | 'failure'>,
): Promise<void> {
  const workflowId = repairWorkflowId(tenant, source);
  await callTemporal(`workflow "${workflowId}"`, () =>
    client.workflow.signalWithStart<typeof repairSource, [ReportedIncident]>('repairSource', {
      workflowId,
      taskQueue: 'orchestration',
      args: [{ v: 1, tenant, source }],
      signal: reportFailureSignal,
      signalArgs: [{ incident: id, failure }],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.sourceId, value: source },
        { key: SEARCH_ATTRIBUTES.tenantId, value: tenant },
        { key: SEARCH_ATTRIBUTES.failureName, value: failure },
      ]),
      staticSummary: `Repair ${source}: ${failure}`.slice(0, 200),
      staticDetails: `Incident \`${id}\` of source \`${source}\`. How it stands: \`npm run cli -- repair show ${id}\`.`,
    }),
  );
}

/** A repair that is over needs to know nothing. */
async function runFinished(
  client: Client,
  { tenant, source }: SourceReference,
  run: FinishedRun,
): Promise<void> {
  const handle = client.workflow.getHandle(repairWorkflowId(tenant, source));
  await whereItRuns(handle.workflowId, () => handle.signal(runFinishedSignal, run), undefined);
}

async function running(client: Client): Promise<ReadonlySet<string>> {
  return callTemporal('workflows "repairSource"', async () => {
    const ids = new Set<string>();
    const query = `WorkflowType = 'repairSource' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId);
    return ids;
  });
}
