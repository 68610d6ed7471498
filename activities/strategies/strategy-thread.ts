import { threadId } from 'node:worker_threads';
import type { EvidenceView, StrategyAnswer } from './contract.ts';
import { STRATEGIES } from './index.ts';

/** The thread writes its id into the seat, so that its memory can be looked at. */
export interface SeatedProposal {
  readonly strategy: string;
  readonly view: EvidenceView;
  readonly seat: Int32Array;
}

/** What a strategy answered, or which error a body provoked: errors lose their class between threads. */
export type ThreadAnswer = { readonly answer: StrategyAnswer } | { readonly error: string };

/** What a thread of `proposeInThread` runs. */
export async function proposeSeated({
  strategy,
  view,
  seat,
}: SeatedProposal): Promise<ThreadAnswer> {
  seat[0] = threadId;
  try {
    const found = STRATEGIES.find(({ name }) => name === strategy);
    if (found === undefined) return { error: `no strategy is named "${strategy}"` };
    return { answer: await found.propose(view) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : 'an unknown error' };
  }
}
