/** Runs `work` when everybody who asked earlier for the same name is done. */
export type WithLock = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/** Locks by name, served in the order of asking. A name that nobody holds costs no memory. */
export function createLocks(): WithLock {
  const tails = new Map<string, Promise<void>>();

  return async (name, work) => {
    const before = tails.get(name) ?? Promise.resolve();
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    const tail = before.then(() => done);
    tails.set(name, tail);
    await before;
    try {
      return await work();
    } finally {
      release();
      if (tails.get(name) === tail) tails.delete(name);
    }
  };
}
