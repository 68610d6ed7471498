/** Stands between messages of a source that has said nothing for a while. */
export const SILENCE = Symbol('silence');

export interface SilenceOptions {
  readonly signal: AbortSignal;
  /** After this long without a message, and again each time, `SILENCE` comes. */
  readonly everyMs: number;
}

/**
 * Passes on what `open` reads, one message at a time as before, and `SILENCE` while the next one is awaited: what a slow source has said
 * can then be stored although it says nothing more. The reader that stops in a silence stops the source by its own signal, because a
 * generator that waits cannot be returned from.
 */
export async function* withSilences<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { signal, everyMs }: SilenceOptions,
): AsyncGenerator<T | typeof SILENCE> {
  const stop = new AbortController();
  const messages = open(AbortSignal.any([signal, stop.signal]))[Symbol.asyncIterator]();
  const bell = ring(everyMs);
  let awaited: Promise<IteratorResult<T>> | undefined;
  try {
    for (;;) {
      awaited ??= messages.next();
      const step = await bell.or(awaited);
      if (step === SILENCE) yield SILENCE;
      else {
        awaited = undefined;
        if (step.done === true) return;
        yield step.value;
      }
    }
  } finally {
    bell.stop();
    stop.abort(new Error('Nobody reads the source any more.'));
    await awaited?.catch(() => undefined);
    await messages.return?.();
  }
}

/** One timer for all messages: to set one for each would cost more than to read it. */
function ring(everyMs: number) {
  let wake = (): void => undefined;
  const timer = setInterval(() => wake(), everyMs);
  return {
    or: <T>(promise: Promise<T>): Promise<T | typeof SILENCE> =>
      new Promise((resolve, reject) => {
        wake = () => resolve(SILENCE);
        promise.then(resolve, reject);
      }),
    stop: () => clearInterval(timer),
  };
}
