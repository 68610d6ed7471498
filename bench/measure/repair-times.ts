import type { WorkflowHandle } from '@temporalio/client';

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** Where the time of a whole repair went, by the times of its events. */
export interface RepairTimes {
  readonly wholeMs: number;
  /** While an activity was with a worker, from its start to its answer. */
  readonly inActivitiesMs: number;
  /** From the last thing it did before it waited for people until their answer reached it. */
  readonly forPeopleMs: number;
  /** All else: what orchestration costs. */
  readonly orchestrationMs: number;
  /** When the deployment was asked for: what an approval resumes. */
  readonly resumedAtMs: number;
}

export function repairTimes(events: readonly Event[]): RepairTimes {
  const wholeMs = msOf(events.at(-1)) - msOf(events[0]);
  const inActivitiesMs = activitiesMs(events);
  const answered = events.findIndex(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
  );
  const waitsSince = events
    .slice(0, answered)
    .findLast((event) => event.timerStartedEventAttributes);
  const resumed = events.find(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'deployFix',
  );
  // Who was quicker than the notice left nothing to wait for.
  const forPeopleMs = waitsSince === undefined ? 0 : msOf(events[answered]) - msOf(waitsSince);
  return {
    wholeMs,
    inActivitiesMs,
    forPeopleMs,
    orchestrationMs: wholeMs - inActivitiesMs - forPeopleMs,
    resumedAtMs: msOf(resumed),
  };
}

function activitiesMs(events: readonly Event[]): number {
  const started = new Map<string, number>();
  let sum = 0;
  for (const event of events) {
    const begin = event.activityTaskStartedEventAttributes;
    if (begin) started.set(String(begin.scheduledEventId), msOf(event));
    const end = event.activityTaskCompletedEventAttributes;
    if (end) sum += msOf(event) - (started.get(String(end.scheduledEventId)) ?? msOf(event));
  }
  return sum;
}

function msOf(event: Event | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {};
  if (event === undefined) return Number.NaN;
  return Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6;
}
