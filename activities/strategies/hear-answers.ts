import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { abstention, tooSlow } from './abstention.ts';
import type { StrategyAnswer } from './contract.ts';
import type { ThreadAnswer } from './strategy-thread.ts';

export interface Hearing {
  /** Aborted when the thread must be ended: an answer did not come in time, or an error did. Both are abstentions among the answers. */
  readonly signal: AbortSignal;
  /** Ends it. All answers that the thread has given, in their order. */
  close(): readonly StrategyAnswer[];
}

/** Listens for so many answers of a thread. The time of each begins when the one before it is there. */
export function hearAnswers(port: MessagePort, count: number, deadlineMs: number): Hearing {
  const over = new AbortController();
  const answers: StrategyAnswer[] = [];
  let clock = setTimeout(late, deadlineMs);

  function take(outcome: ThreadAnswer): void {
    if (over.signal.aborted) return;
    clearTimeout(clock);
    const isAnswer = 'answer' in outcome;
    answers.push(isAnswer ? outcome.answer : abstention(`A page broke it (${outcome.error}).`));
    if (!isAnswer) over.abort();
    else if (answers.length < count) clock = setTimeout(late, deadlineMs);
  }

  function late(): void {
    // A busy event loop sees the clock before an answer that was there in time.
    if (takeWaiting()) return;
    answers.push(tooSlow(deadlineMs));
    over.abort();
  }

  function takeWaiting(): boolean {
    const before = answers.length;
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      take(next.message as ThreadAnswer);
    }
    return answers.length > before;
  }

  port.on('message', take);
  return {
    signal: over.signal,
    close() {
      takeWaiting();
      clearTimeout(clock);
      port.close();
      return answers;
    },
  };
}
