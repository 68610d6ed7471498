import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import { failure } from '../../workflows/failures.ts';
import type { Outcome, SeatedWork } from './extract-thread.ts';
import { watchMemory } from './memory-watch.ts';
import type { Body, Readings } from './readings.ts';
import { createTurns, type Turns } from './turns.ts';

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
  const { piscina, turns } = await currentPool();
  await turns.take(signal);
  // Waiting for a free thread does not count: a slow page must not cost its neighbours their time.
  const deadline = AbortSignal.timeout(deadlineMs);
  const seat = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const sitting = () => piscina.threads.find(({ threadId }) => threadId === seat[0]);
  const memory = watchMemory(sitting, maxHeapMb * MB);
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
  const closing = pool;
  pool = undefined;
  await (await closing)?.piscina.destroy();
}

/** How many threads there are now. */
export async function extractionThreads(): Promise<number> {
  return (await pool)?.piscina.threads.length ?? 0;
}

/** Far above any real page: 5 MB of real pages take two seconds. */
const DEADLINE_MS = 20_000;
const MB = 1024 * 1024;
/** Real pages of 5 MB need a third of it. */
const MAX_HEAP_MB = 1024;
/** V8's own limit must never be met: see `watchMemory`. */
const HARD_HEAP_MB = 4096;
const STACK_MB = 4;
const IDLE_MS = 30_000;
/** More threads would only take their processors from each other. */
const MAX_THREADS = 4;
const NEVER = new AbortController().signal;

interface Pool {
  readonly piscina: Piscina<SeatedWork, Outcome>;
  readonly turns: Turns;
}

/** The process's threads: a lifecycle, so the only state of this module. */
let pool: Promise<Pool> | undefined;

function currentPool(): Promise<Pool> {
  pool ??= openPool();
  return pool;
}

async function openPool(): Promise<Pool> {
  const { Piscina } = await import('piscina');
  const maxThreads = Math.min(MAX_THREADS, availableParallelism());
  const piscina = new Piscina<SeatedWork, Outcome>({
    filename: fileURLToPath(import.meta.resolve('./extract-thread.ts')),
    name: 'readSeated',
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

/** It took so much between two looks that V8 ended its thread. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

function unreadable({ url }: Body, why: string): Error {
  const place = url.split('?')[0] ?? url;
  return failure('InvalidDocument', `Reading "${place}" ${why}. Exclude it.`);
}
