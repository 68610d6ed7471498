import { defineSignal } from '@temporalio/workflow';

/** Something changed below the prefix of a data source. One object as payload; the sync reads the rest from its mark. */
export interface SyncRequest {
  readonly source: string;
}

export const requestSyncSignal = defineSignal<[SyncRequest]>('requestSync');
