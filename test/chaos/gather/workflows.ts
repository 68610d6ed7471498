import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import type { Temporal } from '../../../adapters/temporal/connection.ts';
import { attributesOf, eventsOf, type HistoryEvent } from '../../set-up/workflow-history.ts';
import type { WorkflowEvidence } from '../evidence.ts';
import { repairEventsIn, type RepairEvents } from './repair-events.ts';

export interface GatheredWorkflows {
  readonly evidence: readonly WorkflowEvidence[];
  /** Workflow id → all that its history holds, payloads as text. */
  readonly histories: ReadonlyMap<string, string>;
  readonly repairs: RepairEvents;
}

/** Every workflow of the namespace, with its whole history. */
export async function gatherWorkflows({ client }: Temporal): Promise<GatheredWorkflows> {
  const evidence: WorkflowEvidence[] = [];
  const histories = new Map<string, string>();
  const repairs: HistoryEvent[] = [];
  for await (const { workflowId: id, runId, type } of client.workflow.list()) {
    const handle = client.workflow.getHandle(id, runId);
    const description = await settled(handle);
    const events = await eventsOf(handle);
    const status = description.status.name;
    const pending = (description.raw.pendingActivities ?? []).map(
      ({ activityType, attempt }) => `${activityType?.name} (attempt ${attempt})`,
    );
    const hasTask = Boolean(description.raw.pendingWorkflowTask);
    const result = resultIn(events);
    if (type === 'repairSource') repairs.push(...events);
    histories.set(`${id} ${runId}`, textOf(events));
    evidence.push({
      id,
      runId,
      type,
      status,
      ...(result === undefined ? {} : { result }),
      failedTasks: failedTasks(events),
      unbounded: unbounded(events),
      pending: hasTask ? [...pending, 'a workflow task'] : pending,
      isDocumentedWait: WAITS.has(type) && pending.length === 0 && !hasTask,
    });
  }
  return { evidence, histories, repairs: repairEventsIn(repairs) };
}

/** A workflow task is a moment: a late wake-up may be in it. One that stays is stuck. */
async function settled(handle: WorkflowHandle): Promise<WorkflowExecutionDescription> {
  const deadline = Date.now() + TASK_WITHIN_MS;
  for (;;) {
    const description = await handle.describe();
    if (!description.raw.pendingWorkflowTask || Date.now() > deadline) return description;
    await sleep(100);
  }
}

const TASK_WITHIN_MS = 10_000;

/** They wait for signals, with a timer: a sync for the next change, a question for a person, a repair for people and runs. */
const WAITS: ReadonlySet<string> = new Set([
  'syncKnowledgeBase',
  'decideHeld',
  'watchFreshness',
  'repairSource',
]);

/** A message came while the workflow was about to end, or somebody terminated it: the server lets it look again. */
const HARMLESS: ReadonlySet<number> = new Set([1, 17]);

function failedTasks(events: readonly HistoryEvent[]): readonly string[] {
  return attributesOf(events, 'workflowTaskFailedEventAttributes')
    .filter(({ cause }) => !HARMLESS.has(Number(cause)))
    .map(({ cause, failure }) => `${String(cause)}: ${failure?.message ?? ''}`);
}

function unbounded(events: readonly HistoryEvent[]): readonly string[] {
  return attributesOf(events, 'activityTaskScheduledEventAttributes')
    .filter(
      ({ startToCloseTimeout, scheduleToCloseTimeout }) =>
        !isSet(startToCloseTimeout) || !isSet(scheduleToCloseTimeout),
    )
    .map(({ activityType }) => activityType?.name ?? 'an activity');
}

function isSet(
  duration: { readonly seconds?: unknown; readonly nanos?: unknown } | null | undefined,
) {
  return Number(duration?.seconds ?? 0) > 0 || Number(duration?.nanos ?? 0) > 0;
}

function resultIn(events: readonly HistoryEvent[]): { readonly status?: string } | undefined {
  const [end] = attributesOf(events, 'workflowExecutionCompletedEventAttributes');
  const data = end?.result?.payloads?.[0]?.data;
  if (!data || data.length === 0) return undefined;
  const result: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
  return typeof result === 'object' && result !== null ? result : undefined;
}

/** All strings and bytes of a history, one after the other. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value)
    .map((member) => textOf(member))
    .filter((text) => text !== '')
    .join('\n');
}
