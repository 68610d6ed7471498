import { S3Error } from './s3-error.ts';

/** Reads a byte stream by lines and by counts. */
export interface ByteReader {
  /** The next line without its CRLF. @throws IncompleteBody - the stream ends, or the line is longer than 16 KB. */
  line(): Promise<string>;
  /** The same, but the end of the stream is `undefined`. */
  lineOrEnd(): Promise<string | undefined>;
  /** Exactly so many bytes, in the pieces in which they came. @throws IncompleteBody - the stream ends first. */
  exactly(sizeBytes: number): AsyncGenerator<Buffer>;
}

const MAX_LINE_BYTES = 16_384;

/** Reads `source` once, from its beginning; nothing else may read it. */
export function byteReader(source: AsyncIterable<Buffer>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let waiting: Buffer = Buffer.alloc(0);

  async function fill(): Promise<boolean> {
    const next = await iterator.next();
    if (next.done) return false;
    waiting = waiting.length === 0 ? next.value : Buffer.concat([waiting, next.value]);
    return true;
  }

  async function lineOrEnd(): Promise<string | undefined> {
    let end = waiting.indexOf('\r\n');
    while (end < 0) {
      if (waiting.length > MAX_LINE_BYTES) throw cutOff();
      if (!(await fill())) {
        if (waiting.length > 0) throw cutOff();
        return undefined;
      }
      end = waiting.indexOf('\r\n');
    }
    const line = waiting.toString('latin1', 0, end);
    waiting = waiting.subarray(end + 2);
    return line;
  }

  async function line(): Promise<string> {
    const found = await lineOrEnd();
    if (found === undefined) throw cutOff();
    return found;
  }

  async function* exactly(sizeBytes: number): AsyncGenerator<Buffer> {
    let left = sizeBytes;
    while (left > 0) {
      if (waiting.length === 0 && !(await fill())) throw cutOff();
      const piece = waiting.subarray(0, left);
      waiting = waiting.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  return { line, lineOrEnd, exactly };
}

function cutOff(): S3Error {
  return new S3Error('IncompleteBody', 'The request body terminated unexpectedly.');
}
