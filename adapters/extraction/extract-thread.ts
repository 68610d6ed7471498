import { threadId } from 'node:worker_threads';
import { readings, type Body, type Readings } from './readings.ts';

/** The thread writes its id into the seat: whoever waits for the page knows which one to look at. */
export interface SeatedWork {
  readonly name: keyof Readings;
  readonly body: Body;
  readonly seat: Int32Array;
}

/** What the page gave, or which error it provoked: errors lose their class between threads. */
export type Outcome = { readonly found: unknown } | { readonly error: string };

/** What a thread of `readInThread` runs. */
export function readSeated({ name, body, seat }: SeatedWork): Outcome {
  seat[0] = threadId;
  try {
    return { found: (readings[name] as (body: Body) => unknown)(body) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : 'an unknown error' };
  }
}
