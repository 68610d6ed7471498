import { defineSignal } from '@temporalio/workflow';

/** There is something to tell. */
export const wakeSignal = defineSignal('wake');
