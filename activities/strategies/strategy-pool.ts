import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import { watchMemory } from '../../adapters/extraction/memory-watch.ts';
import { createTurns, type Turns } from '../../adapters/extraction/turns.ts';
import type { EvidenceView, Strategy, StrategyAnswer } from './contract.ts';
import { STRATEGIES } from './index.ts';
import type { SeatedProposal, ThreadAnswer } from './strategy-thread.ts';

export interface ProposalLimits {
  /** Ends it at once; its reason is rethrown. */
  readonly signal: AbortSignal;
  /** From when its thread begins. */
  readonly deadlineMs: number;
}

/**
 * Asks a strategy. Those of the table run in a thread, so that heartbeats go on whatever a body does to them, and a thread that takes too
 * long is ended; others, which read a database, run here, and are no longer waited for. What goes wrong is an abstention.
 */
export async function askStrategy(
  strategy: Strategy,
  view: EvidenceView,
  limits: ProposalLimits,
): Promise<StrategyAnswer> {
  const answer = STRATEGIES.includes(strategy)
    ? await proposeInThread(strategy, view, limits)
    : await proposeHere(strategy, view, limits);
  return answer.proposals.length > 0 || answer.abstains !== undefined
    ? answer
    : abstention('It proposes nothing, and does not say why.');
}

/** Ends all threads. The next strategy starts new ones. */
export async function closeStrategyPool(): Promise<void> {
  const closing = pool;
  pool = undefined;
  await (await closing)?.piscina.destroy();
}

const MB = 1024 * 1024;
/** Ten pages of 5 MB with their trees. */
const MAX_HEAP_MB = 1536;
const HARD_HEAP_MB = 4096;
const STACK_MB = 4;
const IDLE_MS = 10_000;
const MAX_THREADS = 2;

interface Pool {
  readonly piscina: Piscina<SeatedProposal, ThreadAnswer>;
  readonly turns: Turns;
}

/** The process's threads: a lifecycle, so the only state of this module. */
let pool: Promise<Pool> | undefined;

async function openPool(): Promise<Pool> {
  const { Piscina } = await import('piscina');
  const maxThreads = Math.min(MAX_THREADS, availableParallelism());
  const piscina = new Piscina<SeatedProposal, ThreadAnswer>({
    filename: fileURLToPath(import.meta.resolve('./strategy-thread.ts')),
    name: 'proposeSeated',
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
    // Neither secrets nor flags of the process are a page's business.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HARD_HEAP_MB, stackSizeMb: STACK_MB },
  });
  return { piscina, turns: createTurns(maxThreads) };
}

async function proposeInThread(
  { name }: Strategy,
  view: EvidenceView,
  { signal, deadlineMs }: ProposalLimits,
): Promise<StrategyAnswer> {
  pool ??= openPool();
  const { piscina, turns } = await pool;
  await turns.take(signal);
  const deadline = AbortSignal.timeout(deadlineMs);
  const seat = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const sitting = () => piscina.threads.find(({ threadId }) => threadId === seat[0]);
  const memory = watchMemory(sitting, MAX_HEAP_MB * MB);
  try {
    const stop = AbortSignal.any([signal, deadline, memory.signal]);
    const outcome = await piscina.run({ strategy: name, view, seat }, { signal: stop });
    return 'answer' in outcome ? outcome.answer : abstention(`A page broke it (${outcome.error}).`);
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) return abstention(tooSlow(deadlineMs));
    if (memory.signal.aborted) return abstention(`It took more than ${MAX_HEAP_MB} MB.`);
    return abstention(`Its thread ended (${nameOf(error)}).`);
  } finally {
    memory.stop();
    turns.give();
  }
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
    return abstention(stop.aborted ? tooSlow(deadlineMs) : `It broke (${nameOf(error)}).`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function tooSlow(deadlineMs: number): string {
  return `It took more than ${deadlineMs / 1000} seconds.`;
}

function abstention(abstains: string): StrategyAnswer {
  return { proposals: [], abstains };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'an unknown error';
}
