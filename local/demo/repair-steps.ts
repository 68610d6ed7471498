import { defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import type { Stage } from './story.ts';

/**
 * Prints each step of the repair as its workflow takes it: the same names and summaries as in the Temporal Web UI. Call the result again and
 * again; it prints what is new.
 */
export function repairSteps({ screen }: Pick<Stage, 'screen'>, handle: WorkflowHandle) {
  const shown = new Set<string>();
  return async (): Promise<void> => {
    const { events = [] } = await handle.fetchHistory();
    for (const { eventId, eventTime, userMetadata, ...event } of events ?? []) {
      const id = String(eventId);
      const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
      if (activity === undefined || activity === null || shown.has(id)) continue;
      shown.add(id);
      // Where it stands is noted between all steps.
      if (activity === 'recordStage') continue;
      const time = new Date(Number(eventTime?.seconds ?? 0) * 1000).toTimeString().slice(0, 8);
      screen.entry(`    ${time}  ${activity.padEnd(17)} ${summaryOf(userMetadata)}`);
    }
  };
}

function summaryOf(
  metadata: { readonly summary?: Parameters<typeof decode>[0] | null } | null | undefined,
): string {
  return metadata?.summary ? decode(metadata.summary) : '';
}

function decode(payload: Parameters<typeof defaultPayloadConverter.fromPayload>[0]): string {
  return defaultPayloadConverter.fromPayload<string>(payload);
}
