import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Piscina } from 'piscina';
import { watchMemory, type MemoryWatch } from './memory-watch.ts';
import { createTurns, type Turns } from './turns.ts';

/** Threads for what other people's pages may do to a process: none before the first work, fewer when they idle, and none keeps a process alive. */
export interface ThreadPool<Work, Result> {
  open(): Promise<OpenThreads<Work, Result>>;
  /** Ends all threads, with what they do. The next `open` starts new ones. */
  close(): Promise<void>;
  /** How many threads there are now. */
  size(): Promise<number>;
}

export interface OpenThreads<Work, Result> {
  readonly piscina: Piscina<Work, Result>;
  /** As many as there are threads: whoever has one does not wait for a thread, so its time may be measured. */
  readonly turns: Turns;
  readonly takeSeat: (maxHeapMb: number) => Seat;
}

/** For one piece of work: the thread that takes it writes its id into `seat`, and its memory is looked at from then on, until it is stopped. */
export interface Seat {
  readonly seat: Int32Array;
  readonly memory: MemoryWatch;
}

export interface ThreadPoolOptions {
  /** The URL of the program of a thread. */
  readonly program: string;
  /** The function that it exports. */
  readonly task: string;
  /** No more than there are processors. */
  readonly maxThreads: number;
  readonly idleMs: number;
}

export function createThreadPool<Work, Result>(
  options: ThreadPoolOptions,
): ThreadPool<Work, Result> {
  let opened: Promise<OpenThreads<Work, Result>> | undefined;
  return {
    open: () => (opened ??= openThreads(options)),
    async close() {
      const closing = opened;
      opened = undefined;
      await (await closing)?.piscina.destroy();
    },
    size: async () => (await opened)?.piscina.threads.length ?? 0,
  };
}

const MB = 1024 * 1024;
/** V8's own limit must never be met: see `watchMemory`. */
const HARD_HEAP_MB = 4096;
const STACK_MB = 4;

async function openThreads<Work, Result>({
  program,
  task,
  maxThreads: most,
  idleMs,
}: ThreadPoolOptions): Promise<OpenThreads<Work, Result>> {
  const { Piscina } = await import('piscina');
  const maxThreads = Math.min(most, availableParallelism());
  const piscina = new Piscina<Work, Result>({
    filename: fileURLToPath(program),
    name: task,
    minThreads: 0,
    maxThreads,
    idleTimeout: idleMs,
    // Neither secrets nor flags of the process are a page's business.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HARD_HEAP_MB, stackSizeMb: STACK_MB },
  });
  return {
    piscina,
    turns: createTurns(maxThreads),
    takeSeat(maxHeapMb) {
      const seat = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
      const sitting = () => piscina.threads.find(({ threadId }) => threadId === seat[0]);
      return { seat, memory: watchMemory(sitting, maxHeapMb * MB) };
    },
  };
}
