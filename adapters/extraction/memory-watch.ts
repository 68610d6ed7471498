import type { Worker } from 'node:worker_threads';

export interface MemoryWatch {
  /** Aborted when the thread uses more than it may. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Looks at the heap of a thread while it works. V8 ends a thread at its own limit in most cases, but the whole process when one large
 * allocation meets it; so that limit lies far above, and this one is kept from outside. `find` gives the thread once it has begun.
 */
export function watchMemory(find: () => Worker | undefined, maxBytes: number): MemoryWatch {
  const exceeded = new AbortController();
  const timer = setInterval(() => {
    void usedBytes(find()).then((bytes) => bytes > maxBytes && exceeded.abort());
  }, EVERY_MS);
  timer.unref();
  return { signal: exceeded.signal, stop: () => clearInterval(timer) };
}

/** Half a gigabyte may be allocated between two looks. */
const EVERY_MS = 250;

async function usedBytes(worker: Worker | undefined): Promise<number> {
  try {
    return (await worker?.getHeapStatistics())?.used_heap_size ?? 0;
  } catch {
    // It has just ended.
    return 0;
  }
}
