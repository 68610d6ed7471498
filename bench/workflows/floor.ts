import {
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';

/** The activities of the workflows that the product's own are compared with. */
export interface FloorActivities {
  /** Reads an empty table by hand and answers the number of its rows. */
  readEmptyTable(): Promise<number>;
  doNothing(): Promise<void>;
}

const activities = proxyActivities<FloorActivities>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 3 },
});

const pingUpdate = defineUpdate<number>('ping');
const endSignal = defineSignal('end');

/** The peer of an empty collection: what somebody would write who needs none of our promises. */
export async function emptyCollection(): Promise<{ readonly documents: number }> {
  return { documents: await activities.readEmptyTable() };
}

/** The least a workflow can be. */
export async function doNothing(): Promise<void> {
  // Nothing: its start and end are what is measured.
}

/** So many activities one after the other. */
export async function countWork(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await activities.doNothing();
}

/** Answers updates until it is told to end. */
export async function takeUpdates(): Promise<void> {
  let taken = 0;
  let ended = false;
  setHandler(pingUpdate, () => (taken += 1));
  setHandler(endSignal, () => {
    ended = true;
  });
  await condition(() => ended);
}
