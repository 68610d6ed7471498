import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { failure } from '../../workflows/failures.ts';

/**
 * Reads a whole body and undoes its `Content-Encoding`. Holds never more than `maxBytes` plus one chunk, however small the compressed
 * form was. It stops when the stream is destroyed, as the signal of a request does with its answer.
 * @throws InvalidDocument - the unpacked body is larger, or its encoding is unknown.
 */
export async function readBody(
  stream: Readable,
  encoding: string | undefined,
  { maxBytes, place }: BodyOptions,
): Promise<Buffer> {
  const unpacked = decoders(encoding, place).reduce<Readable>(joined, stream);
  return collected(unpacked, maxBytes, place);
}

/** An error of one ends the other with it, and so does whoever stops reading. Plain bodies have none: it costs as much as a request. */
function joined(from: Readable, to: Transform): Transform {
  return pipeline(from, to, () => undefined);
}

async function collected(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
  place: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge(place, maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, sizeBytes);
}

export interface BodyOptions {
  readonly maxBytes: number;
  /** For the error sentence: the address without its query. */
  readonly place: string;
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
