/** So many at once; the others wait in the order in which they came. */
export interface Turns {
  /** Waits for a turn. Rethrows the reason of `signal`. */
  take(signal: AbortSignal): Promise<void>;
  /** Ends a turn. */
  give(): void;
}

export function createTurns(atOnce: number): Turns {
  const waiting = new Set<() => void>();
  let free = atOnce;
  return {
    async take(signal) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await nextTurn(waiting, signal);
    },
    give() {
      const [next] = waiting;
      if (next === undefined) free += 1;
      else next();
    },
  };
}

function nextTurn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiting.delete(begin);
      signal.removeEventListener('abort', stop);
    };
    const begin = (): void => {
      leave();
      resolve();
    };
    const stop = (): void => {
      leave();
      reject(signal.reason as Error);
    };
    waiting.add(begin);
    signal.addEventListener('abort', stop, { once: true });
  });
}
