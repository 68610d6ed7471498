import type { Readable } from 'node:stream';
import { readLines } from '../../../adapters/child-process/lines.ts';
import type { SourceLog } from '../contract.ts';

export interface ErrorOutput {
  /** The last lines, redacted, at most about 1,500 characters: small enough for the details of a failure. */
  tail(): string;
  /** Resolves when the stream has ended. */
  readonly drained: Promise<void>;
}

/** Reads the standard error of a child to its end: to the log, redacted and bounded, with the tail kept for a failure. */
export function readErrorOutput(
  stream: Readable,
  redact: (text: string) => string,
  log: SourceLog,
): ErrorOutput {
  let last: string[] = [];
  let count = 0;
  const keep = (text: string): void => {
    const line = redact(text).slice(0, MAX_LINE_CHARACTERS);
    last = [...last, line].slice(-TAIL_LINES);
    count += 1;
    if (count <= MAX_LOGGED_LINES) log.info('child process wrote to standard error', { line });
    if (count === MAX_LOGGED_LINES) log.warn('further standard error is not logged', { count });
  };
  return { tail: () => last.join('\n').slice(-TAIL_CHARACTERS), drained: drain(stream, keep) };
}

const MAX_LINE_CHARACTERS = 500;
const MAX_LOGGED_LINES = 1_000;
const TAIL_LINES = 20;
const TAIL_CHARACTERS = 1_500;
const LIMITS = { maxLineBytes: 64 * 1024, maxTotalBytes: Number.POSITIVE_INFINITY };

async function drain(stream: Readable, keep: (text: string) => void): Promise<void> {
  for await (const line of readLines(stream, LIMITS)) {
    if (line.kind === 'line') keep(line.text);
    if (line.kind === 'too-long') keep(`[a line of ${line.sizeBytes} bytes]`);
  }
}
