import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { Writable, type Readable, type Transform } from 'node:stream';
import { failure } from '../../workflows/failures.ts';

/**
 * Reads a whole body and undoes its `Content-Encoding`. Holds never more than `maxBytes` plus one chunk, however small the
 * compressed form was.
 * @throws InvalidDocument - the unpacked body is larger, or its encoding is unknown.
 */
export async function readBody(
  stream: Readable,
  encoding: string | undefined,
  { maxBytes, place, signal }: BodyOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) return done(tooLarge(place, maxBytes));
      chunks.push(chunk);
      return done();
    },
  });
  await pipeline([stream, ...decoders(encoding, place), sink], { signal });
  return Buffer.concat(chunks, sizeBytes);
}

export interface BodyOptions {
  readonly maxBytes: number;
  /** For the error sentence: the address without its query. */
  readonly place: string;
  readonly signal: AbortSignal;
}

function decoders(encoding: string | undefined, place: string): readonly Transform[] {
  const codings = (encoding ?? '')
    .split(',')
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MAX_CODINGS) throw unknownEncoding(place, codings.join(', '));
  // Applied in the order that the header lists, so undone from its end.
  return codings.toReversed().map((coding) => {
    const create = DECODERS.get(coding);
    if (!create) throw unknownEncoding(place, coding);
    return create();
  });
}

/** What we ask for in `Accept-Encoding`. */
export const ACCEPTED_ENCODINGS = 'gzip, br, deflate';

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['br', createBrotliDecompress],
  ['deflate', createInflate],
]);

/** Nobody packs a page twice but to harm its reader; two are tolerated for misconfigured proxies. */
const MAX_CODINGS = 2;

function tooLarge(place: string, maxBytes: number): Error {
  return failure(
    'InvalidDocument',
    `"${place}" is larger than ${maxBytes} bytes when unpacked. Exclude it, or ask its owner for a smaller version.`,
  );
}

function unknownEncoding(place: string, coding: string): Error {
  return failure(
    'InvalidDocument',
    `"${place}" is encoded as "${coding.slice(0, 60)}". Known encodings: ${ACCEPTED_ENCODINGS}.`,
  );
}
