import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';

export interface LineLimits {
  readonly maxLineBytes: number;
  readonly maxTotalBytes: number;
}

/** `number` counts from 1. */
export type Line =
  /** `valid` is false when bytes that are no UTF-8 became U+FFFD. */
  | {
      readonly kind: 'line';
      readonly number: number;
      readonly text: string;
      readonly valid: boolean;
    }
  | { readonly kind: 'too-long'; readonly number: number; readonly sizeBytes: number }
  /** The last one: more than `maxTotalBytes` came, and the rest is not read. */
  | { readonly kind: 'total-exceeded'; readonly number: number };

/**
 * The lines of a stream, without their ends; what follows the last line feed is a line too. The stream is read only as fast as lines are
 * taken (back-pressure), and at most `maxLineBytes` and a chunk are held. A stream that breaks ends like one that is over.
 */
export async function* readLines(stream: Readable, limits: LineLimits): AsyncGenerator<Line> {
  const assembly = new LineAssembly(limits.maxLineBytes);
  let totalBytes = 0;
  for await (const chunk of chunksOf(stream)) {
    totalBytes += chunk.length;
    if (totalBytes > limits.maxTotalBytes) {
      yield { kind: 'total-exceeded', number: assembly.number };
      return;
    }
    yield* assembly.add(chunk);
  }
  yield* assembly.rest();
}

async function* chunksOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk;
  } catch (error) {
    if (!stream.destroyed) throw error;
  }
}

/** Collects the parts of one line over chunks; parts beyond the limit are counted and dropped. */
class LineAssembly {
  number = 1;
  private parts: Buffer[] = [];
  private sizeBytes = 0;
  private readonly maxBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  *add(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.keep(chunk.subarray(start, end));
      yield this.take();
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
  }

  *rest(): Generator<Line> {
    if (this.sizeBytes > 0) yield this.take();
  }

  private keep(part: Buffer): void {
    this.sizeBytes += part.length;
    if (this.sizeBytes > this.maxBytes) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }

  private take(): Line {
    const { number, sizeBytes, parts } = this;
    this.number += 1;
    this.sizeBytes = 0;
    this.parts = [];
    if (sizeBytes > this.maxBytes) return { kind: 'too-long', number, sizeBytes };
    const bytes = Buffer.concat(parts);
    return { kind: 'line', number, text: textOf(bytes), valid: isUtf8(bytes) };
  }
}

const LINE_FEED = 0x0a;

function textOf(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replace(/^\uFEFF/u, '')
    .replace(/\r$/u, '');
}
