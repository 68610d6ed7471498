import { threadId, type MessagePort } from 'node:worker_threads';
import type { EvidenceView, StrategyAnswer } from './contract.ts';
import { STRATEGIES } from './index.ts';

/** The thread writes its id into the seat, so that its memory can be looked at. */
export interface SeatedProposals {
  /** Names, in the order in which they are asked. */
  readonly strategies: readonly string[];
  readonly view: EvidenceView;
  readonly seat: Int32Array;
  /** Takes a `ThreadAnswer` of each as soon as it is there. */
  readonly answers: MessagePort;
}

/** What a strategy answered, or which error a body provoked: errors lose their class between threads. */
export type ThreadAnswer = { readonly answer: StrategyAnswer } | { readonly error: string };

/**
 * What a thread of `proposeInThread` runs. All look at the same objects of pages, so what one has parsed is there for the next. After an
 * error nobody is asked any more: what it has left half done goes with the thread, which the listener ends.
 */
export async function proposeSeated({
  strategies,
  view,
  seat,
  answers,
}: SeatedProposals): Promise<void> {
  seat[0] = threadId;
  for (const name of strategies) {
    const answer = await propose(name, view);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin.
    answers.postMessage(answer);
    if ('error' in answer) return new Promise(() => {});
  }
}

async function propose(strategy: string, view: EvidenceView): Promise<ThreadAnswer> {
  try {
    const found = STRATEGIES.find(({ name }) => name === strategy);
    if (found === undefined) return { error: `no strategy is named "${strategy}"` };
    return { answer: await found.propose(view) };
  } catch (error) {
    return { error: error instanceof Error ? error.name : 'an unknown error' };
  }
}
