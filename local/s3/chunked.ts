import { createHash } from 'node:crypto';
import { byteReader, type ByteReader } from './byte-reader.ts';
import { S3Error } from './s3-error.ts';
import { hmacHex, sameText, signatureMismatch, type VerifiedSignature } from './signature.ts';

/** Collects the trailing headers of an `aws-chunked` body; filled when the body has been read to its end. */
export type Trailers = Map<string, string>;

/** Is this value of `x-amz-content-sha256` the announcement of an `aws-chunked` body? */
export function isChunkedPayload(payload: string): boolean {
  return KINDS.has(payload);
}

/**
 * The content inside an `aws-chunked` body. Signed chunks are checked one by one, trailers go into `trailers`.
 * Pieces are given out before their chunk is checked: keep nothing unless the whole body came through.
 * @throws SignatureDoesNotMatch, InvalidChunkSizeError, IncompleteBody
 */
export async function* decodeChunked(
  source: AsyncIterable<Buffer>,
  identity: VerifiedSignature,
  trailers: Trailers,
): AsyncGenerator<Buffer> {
  const kind = KINDS.get(identity.payload) ?? 'unsigned';
  const reader = byteReader(source);
  const chain = kind === 'unsigned' ? undefined : signatureChain(identity);
  let smallBefore = false;
  for (;;) {
    const { size, signature } = chunkHeader(await reader.line());
    if (size > 0 && smallBefore) throw smallChunk();
    smallBefore = size < MIN_CHUNK_BYTES;
    const hash = createHash('sha256');
    for await (const piece of reader.exactly(size)) {
      hash.update(piece);
      yield piece;
    }
    chain?.checkChunk(hash.digest('hex'), signature);
    if (size === 0) break;
    if ((await reader.line()) !== '') throw incomplete();
  }
  const signed = await readTrailers(reader, trailers);
  if (kind === 'signed-with-trailer') chain?.checkTrailer(signed.canonical, signed.signature);
}

const KINDS: ReadonlyMap<string, 'signed' | 'signed-with-trailer' | 'unsigned'> = new Map([
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'unsigned'],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'signed'],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'signed-with-trailer'],
]);

/** Every chunk but the last must have 8 KB: S3 API reference, "Signature calculations: multiple chunks". */
const MIN_CHUNK_BYTES = 8192;

function chunkHeader(line: string): { size: number; signature: string } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match) throw incomplete();
  return { size: Number.parseInt(match[1] ?? '', 16), signature: match[2] ?? '' };
}

async function readTrailers(
  reader: ByteReader,
  trailers: Trailers,
): Promise<{ canonical: string; signature: string }> {
  let canonical = '';
  let signature = '';
  for (let line = await reader.lineOrEnd(); line; line = await reader.lineOrEnd()) {
    const at = line.indexOf(':');
    if (at < 1) throw incomplete();
    const [name, value] = [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    if (name === 'x-amz-trailer-signature') {
      signature = value;
    } else {
      canonical += `${name}:${value}\n`;
      trailers.set(name, value);
    }
  }
  return { canonical, signature };
}

interface SignatureChain {
  checkChunk(contentSha256: string, signature: string): void;
  checkTrailer(canonical: string, signature: string): void;
}

/** Each signature covers the one before it, so that chunks cannot be dropped or swapped. */
function signatureChain({
  signingKey,
  amzDate,
  scope,
  signature,
}: VerifiedSignature): SignatureChain {
  let previous = signature;
  const check = (algorithm: string, covered: readonly string[], given: string): void => {
    const text = [algorithm, amzDate, scope, previous, ...covered].join('\n');
    const expected = hmacHex(signingKey, text);
    if (!sameText(expected, given)) throw signatureMismatch();
    previous = expected;
  };
  return {
    checkChunk: (contentSha256, given) =>
      check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_SHA256, contentSha256], given),
    checkTrailer: (canonical, given) =>
      check(
        'AWS4-HMAC-SHA256-TRAILER',
        [createHash('sha256').update(canonical).digest('hex')],
        given,
      ),
  };
}

const EMPTY_SHA256 = createHash('sha256').digest('hex');

function incomplete(): S3Error {
  return new S3Error('IncompleteBody', 'The request body is not a complete aws-chunked body.');
}

function smallChunk(): S3Error {
  return new S3Error(
    'InvalidChunkSizeError',
    'Only the last chunk is allowed to have a size less than 8192 bytes',
  );
}
