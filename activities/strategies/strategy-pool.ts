import { MessageChannel } from 'node:worker_threads';
import { createThreadPool, type OpenThreads } from '../../adapters/extraction/thread-pool.ts';
import { abstention, tooSlow } from './abstention.ts';
import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import { hearAnswers } from './hear-answers.ts';
import { STRATEGIES } from './index.ts';
import type { SeatedProposals } from './strategy-thread.ts';

export interface ProposalLimits {
  /** Ends it at once; its reason is rethrown. */
  readonly signal: AbortSignal;
  /** Of each strategy, from when its thread begins or the one before it is done. */
  readonly deadlineMs: number;
}

/**
 * Asks a strategy. Those of the table run in a thread, as `proposeInThread` says; others, which read a database, run here, and are no longer
 * waited for when their time is over. What goes wrong is an abstention.
 */
export async function askStrategy(
  strategy: Strategy,
  view: EvidenceView,
  limits: ProposalLimits,
): Promise<StrategyAnswer> {
  if (!STRATEGIES.includes(strategy)) return spoken(await proposeHere(strategy, view, limits));
  const [answer] = await proposeInThread([strategy], view, limits);
  return answer ?? SILENCE;
}

/**
 * Asks strategies of the table, one after the other in one thread, so that heartbeats go on whatever a body does to them, and each body is
 * parsed once. A thread that takes too long, grows too large or breaks is ended with the strategy that it was at; the others go on in a new
 * one. What goes wrong is an abstention.
 */
export async function proposeInThread(
  strategies: readonly Strategy[],
  view: EvidenceView,
  limits: ProposalLimits,
): Promise<readonly StrategyAnswer[]> {
  if (strategies.length === 0) return [];
  const threads = await pool.open();
  const names = strategies.map(({ name }) => name);
  const answers: StrategyAnswer[] = [];
  await threads.turns.take(limits.signal);
  try {
    while (answers.length < names.length) {
      answers.push(...(await nextAnswers(threads, names.slice(answers.length), view, limits)));
    }
    return answers.map(spoken);
  } finally {
    threads.turns.give();
  }
}

/** Ends all threads. The next strategy starts new ones. */
export async function closeStrategyPool(): Promise<void> {
  await pool.close();
}

/** Ten pages of 5 MB with their trees. */
const MAX_HEAP_MB = 1536;
const IDLE_MS = 10_000;
const MAX_THREADS = 2;
const TOO_LARGE = `It took more than ${MAX_HEAP_MB} MB.`;

/** The process's threads: a lifecycle, so the only state of this module. */
const pool = createThreadPool<SeatedProposals, void>({
  program: import.meta.resolve('./strategy-thread.ts'),
  task: 'proposeSeated',
  maxThreads: MAX_THREADS,
  idleMs: IDLE_MS,
});

/** One thread, until it is through or must be ended: at least one answer. */
async function nextAnswers(
  { piscina, takeSeat }: OpenThreads<SeatedProposals, void>,
  strategies: readonly string[],
  view: EvidenceView,
  { signal, deadlineMs }: ProposalLimits,
): Promise<readonly StrategyAnswer[]> {
  const { port1, port2 } = new MessageChannel();
  const { seat, memory } = takeSeat(MAX_HEAP_MB);
  const hearing = hearAnswers(port1, strategies.length, deadlineMs);
  const stop = AbortSignal.any([signal, hearing.signal, memory.signal]);
  const work = { strategies, view, seat, answers: port2 };
  const ended = await piscina.run(work, { signal: stop, transferList: [port2] }).catch(nameOf);
  memory.stop();
  const answers = hearing.close();
  signal.throwIfAborted();
  // Whoever was at work when the others' trees had filled the thread is asked again, in one of its own.
  if (answers.length > 0) return answers;
  return [
    abstention(memory.signal.aborted ? TOO_LARGE : `Its thread ended (${ended ?? 'early'}).`),
  ];
}

async function proposeHere(
  strategy: Strategy,
  view: EvidenceView,
  { signal, deadlineMs }: ProposalLimits,
): Promise<StrategyAnswer> {
  signal.throwIfAborted();
  const stop = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  try {
    return await Promise.race([strategy.propose(view), aborted(stop)]);
  } catch (error) {
    signal.throwIfAborted();
    return stop.aborted ? tooSlow(deadlineMs) : abstention(`It broke (${nameOf(error)}).`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Who says nothing at all abstains. */
function spoken(answer: StrategyAnswer): StrategyAnswer {
  return answer.proposals.length > 0 || answer.abstains !== undefined ? answer : SILENCE;
}

const SILENCE = abstention('It proposes nothing, and does not say why.');

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'an unknown error';
}
