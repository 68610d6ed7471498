import type { WorkflowHandle } from '@temporalio/client';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type HistoryEvent = NonNullable<History['events']>[number];

/** All events of a workflow's latest run, in order. */
export async function eventsOf(handle: WorkflowHandle): Promise<readonly HistoryEvent[]> {
  const { events } = await handle.fetchHistory();
  return events ?? [];
}

/** The attributes of every event of one kind, such as `activityTaskScheduledEventAttributes`. */
export function attributesOf<Kind extends keyof HistoryEvent>(
  events: readonly HistoryEvent[],
  kind: Kind,
): readonly NonNullable<HistoryEvent[Kind]>[] {
  return events.flatMap((event) => {
    const attributes = event[kind];
    return attributes === null || attributes === undefined ? [] : [attributes];
  });
}

/** Kind of event → how many of them. */
export function countKinds(events: readonly HistoryEvent[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    const kind = kindOf(event);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** The name of the one member that holds the attributes, without its ending. */
export function kindOf(event: HistoryEvent): string {
  const name = Object.entries(event).find(
    ([key, value]) => key.endsWith('EventAttributes') && value !== null && value !== undefined,
  )?.[0];
  return (name ?? 'unknown').replace(/EventAttributes$/, '');
}

/** What a summary on an activity or timer says. */
export function summariesOf(events: readonly HistoryEvent[]): readonly string[] {
  return events.flatMap(({ userMetadata }) => {
    const data = userMetadata?.summary?.data;
    return data ? [JSON.parse(Buffer.from(data).toString('utf8')) as string] : [];
  });
}

/** The size of the largest payload that our own code put into a history; signals come from outside and do not count. */
export function largestPayloadBytes(events: readonly HistoryEvent[]): number {
  const own = events.filter((event) => kindOf(event) !== 'workflowExecutionSignaled');
  return Math.max(0, ...own.map((event) => largestData(event)));
}

function largestData(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Math.max(0, ...Object.values(value).map((member) => largestData(member)));
}
