import { createInterface } from 'node:readline/promises';

export interface Streams {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks a person, on standard error, so that the result stays alone. Only "y" and "yes" mean yes. Where nobody sits at a terminal nobody is
 * asked: a script means what it says.
 */
export async function confirm(
  question: string,
  { input, output }: Streams = { input: process.stdin, output: process.stderr },
): Promise<boolean> {
  if (!input.isTTY) return true;
  const lines = createInterface({ input, output });
  const ended = new AbortController();
  // Ctrl-C and Ctrl-D answer nothing.
  lines.once('close', () => ended.abort());
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: ended.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    lines.close();
  }
}

/** Does a person sit at a terminal who can be asked? */
export function canAsk({ isTTY }: { readonly isTTY?: boolean } = process.stdin): boolean {
  return isTTY === true;
}
