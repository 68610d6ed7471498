import type { Client, WorkflowHandle } from '@temporalio/client';

/** What one execution left in its history, and what it costs. */
export interface HistoryCost {
  readonly events: number;
  readonly bytes: number;
  readonly workflowTasks: number;
  /** Billable actions that the history shows (quality.md §1.3). Heartbeats leave no event: they are counted at the worker. */
  readonly actions: number;
}

/** Reads the history of an execution that has ended. */
export async function historyCost(client: Client, workflowId: string): Promise<HistoryCost> {
  const handle = client.workflow.getHandle(workflowId);
  const [{ events }, description] = await Promise.all([handle.fetchHistory(), handle.describe()]);
  const all = events ?? [];
  return {
    events: all.length,
    bytes: description.historySize ?? 0,
    workflowTasks: all.filter((event) => event.workflowTaskCompletedEventAttributes).length,
    actions: all.reduce((sum, event) => sum + actionsOf(event), localActivityActions(all)),
  };
}

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** A start by a schedule is three actions: the schedule's own two and the start. */
const SCHEDULED_START = 3;
const CHILD_START = 2;

function actionsOf(event: Event): number {
  if (event.workflowExecutionStartedEventAttributes)
    return isScheduled(event) ? SCHEDULED_START : 1;
  if (event.activityTaskStartedEventAttributes)
    return event.activityTaskStartedEventAttributes.attempt ?? 1;
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) return CHILD_START;
  const one =
    event.timerStartedEventAttributes ??
    event.workflowExecutionSignaledEventAttributes ??
    event.workflowExecutionUpdateAcceptedEventAttributes ??
    event.upsertWorkflowSearchAttributesEventAttributes;
  return one ? 1 : 0;
}

/** All local activities of one workflow task are one action together. */
function localActivityActions(events: readonly Event[]): number {
  const tasks = events
    .map((event) => event.markerRecordedEventAttributes?.workflowTaskCompletedEventId)
    .filter((task) => task !== undefined && task !== null);
  return new Set(tasks.map(String)).size;
}

function isScheduled(event: Event): boolean {
  const fields = event.workflowExecutionStartedEventAttributes?.searchAttributes?.indexedFields;
  return fields?.['TemporalScheduledById'] !== undefined;
}
