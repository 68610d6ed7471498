/** Ends the process at the first SIGTERM or SIGINT, when `close` has closed all that it serves: with 0, or with 1 when that fails. */
export function stopOnSignal(close: () => Promise<unknown>): void {
  const stop = (): void => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
}
