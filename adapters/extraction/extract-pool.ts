import { failure } from '../../workflows/failures.ts';
import type { Outcome, SeatedWork } from './extract-thread.ts';
import type { Body, Readings } from './readings.ts';
import { createThreadPool } from './thread-pool.ts';

export interface ReadingLimits {
  /** Ends the reading at once; its reason is rethrown. */
  readonly signal?: AbortSignal;
  /** For this page alone, from when its thread begins. Default: 20 seconds. */
  readonly deadlineMs?: number | undefined;
  /** Of the thread's heap, looked at a few times a second. Default: 1024. */
  readonly maxHeapMb?: number;
}

/**
 * Reads a body in a thread, so that the event loop, and with it every heartbeat, goes on whatever the body does. Threads start with the
 * first body, end when they are idle for half a minute, and never keep a process alive.
 * @throws InvalidDocument - it took too long or too much memory, or breaks the parser. Its thread is replaced; other bodies go on.
 */
export async function readInThread<Name extends keyof Readings>(
  name: Name,
  body: Parameters<Readings[Name]>[0],
  { signal = NEVER, deadlineMs = DEADLINE_MS, maxHeapMb = MAX_HEAP_MB }: ReadingLimits = {},
): Promise<ReturnType<Readings[Name]>> {
  const { piscina, turns, takeSeat } = await pool.open();
  await turns.take(signal);
  // Waiting for a free thread does not count: a slow page must not cost its neighbours their time.
  const deadline = AbortSignal.timeout(deadlineMs);
  const { seat, memory } = takeSeat(maxHeapMb);
  try {
    const stop = AbortSignal.any([signal, deadline, memory.signal]);
    const outcome = await piscina.run({ name, body, seat }, { signal: stop });
    if ('error' in outcome) throw unreadable(body, `breaks the parser (${outcome.error})`);
    return outcome.found as ReturnType<Readings[Name]>;
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) throw unreadable(body, `took more than ${deadlineMs / 1000} seconds`);
    if (memory.signal.aborted) throw unreadable(body, `took more than ${maxHeapMb} MB`);
    if (isOutOfMemory(error)) throw unreadable(body, 'took more memory than a thread has');
    throw error;
  } finally {
    memory.stop();
    turns.give();
  }
}

/** Ends all threads, with what they read. The next body starts new ones. */
export async function closeExtractionPool(): Promise<void> {
  await pool.close();
}

/** How many threads there are now. */
export async function extractionThreads(): Promise<number> {
  return pool.size();
}

/** Far above any real page: 5 MB of real pages take two seconds. */
const DEADLINE_MS = 20_000;
/** Real pages of 5 MB need a third of it. */
const MAX_HEAP_MB = 1024;
const IDLE_MS = 30_000;
/** More threads would only take their processors from each other. */
const MAX_THREADS = 4;
const NEVER = new AbortController().signal;

/** The process's threads: a lifecycle, so the only state of this module. */
const pool = createThreadPool<SeatedWork, Outcome>({
  program: import.meta.resolve('./extract-thread.ts'),
  task: 'readSeated',
  maxThreads: MAX_THREADS,
  idleMs: IDLE_MS,
});

/** It took so much between two looks that V8 ended its thread. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function unreadable({ url }: Body, why: string): Error {
  const place = url.split('?')[0] ?? url;
  return failure('InvalidDocument', `Reading "${place}" ${why}. Exclude it.`);
}
