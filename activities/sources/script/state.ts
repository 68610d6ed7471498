/**
 * Whether a state may be kept: at most 256 KB of JSON. It lies in one row of PostgreSQL that every commit writes, and never in history.
 * The largest states of taps, with a bookmark for each of thousands of streams, are tens of kilobytes.
 */
export function stateFits(json: string): boolean {
  return Buffer.byteLength(json) <= MAX_STATE_BYTES;
}

const MAX_STATE_BYTES = 256 * 1024;

/** Linux takes at most 128 KB for one variable of a process (MAX_ARG_STRLEN, execve(2)); the name stands in it too. */
export const MAX_STATE_VARIABLE_BYTES = 96 * 1024;
