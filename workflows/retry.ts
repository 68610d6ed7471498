import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { NON_RETRYABLE } from './failures.ts';

/** The retry classes: every activity runs under one of them, so that each has bounds per attempt and in total. */

const nonRetryableErrorTypes = [...NON_RETRYABLE];

/** Load, announce, finish: below five seconds, on the workflow's own worker. A database that starts again within half a minute fails no run. */
export const local: LocalActivityOptions = {
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '1 minute',
  // Longer back-offs than this become timers of the workflow.
  localRetryThreshold: '30 seconds',
  retry: {
    initialInterval: '200 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '5 seconds',
    maximumAttempts: 12,
    nonRetryableErrorTypes,
  },
};

/** One request to a service that answers at once. */
export const quick: ActivityOptions = {
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '20 seconds',
    maximumAttempts: 6,
    nonRetryableErrorTypes,
  },
};

/** Waiting for a job of somebody else's: bounded by the total. */
export const poll: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '1 minute',
  scheduleToCloseTimeout: '4 hours',
  retry: {
    initialInterval: '5 seconds',
    backoffCoefficient: 1.5,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes,
  },
};

/** Starting ingestion jobs: their rate is limited on the server side, and a running job of a neighbour means waiting. */
export const ingestion: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '4 hours',
  retry: {
    initialInterval: '10 seconds',
    backoffCoefficient: 1.5,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes,
  },
};

/** One statement that must not be lost: what a person decided outlives a database that is away for a day. */
export const patient: ActivityOptions = {
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '2 days',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes,
  },
};

/** Telling a webhook: what it refuses for a day is given up by the activity itself, which then goes on with the next. */
export const telling: ActivityOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 days',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '10 minutes',
    nonRetryableErrorTypes,
  },
};

/** Deleting what people approved: waits as long as a run of the source is under way. */
export const deletion: ActivityOptions = {
  ...patient,
  taskQueue: 'collect',
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '1 minute',
};

/** A step of a repair that reads pages and bodies, and says that it is alive: an outage of the platform shall not end a repair. */
export const repairWork: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  scheduleToCloseTimeout: '6 hours',
  retry: {
    initialInterval: '2 seconds',
    backoffCoefficient: 3,
    maximumInterval: '5 minutes',
    maximumAttempts: 20,
    nonRetryableErrorTypes,
  },
};

/**
 * Moving what is in force: no heartbeat, so that an attempt that is given up is known to be over by its own clock, and a short time, which is
 * how long a repair waits for a worker that died in the middle. That somebody else moved it meanwhile (`Conflict`) is an answer, and no reason to
 * try the same again.
 */
export const deploy: ActivityOptions = {
  ...patient,
  startToCloseTimeout: '30 seconds',
  retry: { ...patient.retry, nonRetryableErrorTypes: [...nonRetryableErrorTypes, 'Conflict'] },
};

export interface CollectBounds {
  readonly attemptMs: number;
  readonly heartbeatMs: number;
  readonly totalMs: number;
  readonly taskQueue: string;
  /** Whose work it is: many sources of one tenant must not keep those of another waiting. */
  readonly tenant: string;
}

/** Reading and storing: bounds come from the definition. */
export function collect({
  attemptMs,
  heartbeatMs,
  totalMs,
  taskQueue,
  tenant,
}: CollectBounds): ActivityOptions {
  return {
    taskQueue,
    // The server takes at most 64 bytes.
    priority: { fairnessKey: tenant.slice(0, 64) },
    startToCloseTimeout: attemptMs,
    heartbeatTimeout: heartbeatMs,
    scheduleToCloseTimeout: totalMs,
    retry: {
      initialInterval: '5 seconds',
      backoffCoefficient: 3,
      maximumInterval: '5 minutes',
      maximumAttempts: 5,
      nonRetryableErrorTypes,
    },
  };
}
