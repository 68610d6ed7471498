import { createHash } from 'node:crypto';
import {
  announcedChecksum,
  compareChecksum,
  digestOf,
  type AnnouncedChecksum,
  type Checksum,
} from './checksums.ts';
import { decodeChunked, isChunkedPayload, type Trailers } from './chunked.ts';
import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import type { VerifiedSignature } from './signature.ts';

/** The content of a request, checked while it is read. */
export interface IncomingBody {
  /**
   * The content, decoded. Ends only if every digest that the request gave is right.
   * @throws BadDigest, XAmzContentSHA256Mismatch, IncompleteBody, SignatureDoesNotMatch
   */
  readonly pieces: AsyncIterable<Buffer>;
  /** What was received: valid once `pieces` has ended. */
  received(): ReceivedBody;
}

export interface ReceivedBody {
  readonly sizeBytes: number;
  readonly md5Hex: string;
  /** The checksum that the client sent, if any. */
  readonly checksum?: Checksum;
}

/** Largest body of a single PUT or part: 5 GB, S3 user guide, "Uploading objects". */
const MAX_BODY_BYTES = 5 * 1024 ** 3;

/**
 * Prepares to read the body of a request.
 * @throws EntityTooLarge, MissingContentLength, InvalidDigest, InvalidRequest, NotImplemented
 */
export function incomingBody(request: S3Request, identity: VerifiedSignature): IncomingBody {
  const expectedBytes = expectedSize(request, identity);
  const announced = announcedChecksum(request.headers);
  const expectedMd5 = contentMd5(request);
  const trailers: Trailers = new Map();
  const source = isChunkedPayload(identity.payload)
    ? decodeChunked(request.body, identity, trailers)
    : request.body;
  let result: ReceivedBody | undefined;

  async function* pieces(): AsyncGenerator<Buffer> {
    const md5 = createHash('md5');
    const sha256 = /^[0-9a-f]{64}$/.test(identity.payload) ? createHash('sha256') : undefined;
    const digest = announced && digestOf(announced.algorithm);
    let sizeBytes = 0;
    for await (const piece of source as AsyncIterable<Buffer>) {
      sizeBytes += piece.length;
      md5.update(piece);
      sha256?.update(piece);
      digest?.update(piece);
      yield piece;
    }
    if (sizeBytes !== expectedBytes) throw incomplete(expectedBytes, sizeBytes);
    compareMd5(expectedMd5, md5.copy().digest('base64'));
    if (sha256) comparePayload(identity.payload, sha256.digest('hex'));
    const checksum = announced && givenChecksum(announced, trailers);
    if (checksum && digest) compareChecksum(checksum, digest.base64());
    result = { sizeBytes, md5Hex: md5.digest('hex'), ...(checksum ? { checksum } : {}) };
  }

  return { pieces: pieces(), received: () => present(result) };
}

/**
 * A small body as a whole, for requests that carry XML.
 * @throws EntityTooLarge - more than `maxBytes`.
 */
export async function wholeBody(body: IncomingBody, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of body.pieces) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) throw tooLarge(sizeBytes, maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function present(result: ReceivedBody | undefined): ReceivedBody {
  if (!result) throw new Error('The body has not been read to its end.');
  return result;
}

function expectedSize(request: S3Request, identity: VerifiedSignature): number {
  const header = isChunkedPayload(identity.payload)
    ? 'x-amz-decoded-content-length'
    : 'content-length';
  const value = request.headers.get(header);
  if (value === undefined) {
    if (BODILESS.has(request.method)) return 0;
    throw new S3Error('MissingContentLength', `You must provide the ${header} HTTP header.`);
  }
  const sizeBytes = Number(value);
  if (!/^\d{1,15}$/.test(value)) throw new S3Error('InvalidArgument', `${header} is "${value}".`);
  if (sizeBytes > MAX_BODY_BYTES) throw tooLarge(sizeBytes, MAX_BODY_BYTES);
  return sizeBytes;
}

const BODILESS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD']);

function tooLarge(proposed: number, allowed: number): S3Error {
  return new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    ProposedSize: String(proposed),
    MaxSizeAllowed: String(allowed),
  });
}

function contentMd5(request: S3Request): string | undefined {
  const value = request.headers.get('content-md5');
  if (value !== undefined && Buffer.from(value, 'base64').length !== 16) {
    throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  }
  return value;
}

function compareMd5(expected: string | undefined, actual: string): void {
  if (expected !== undefined && expected !== actual) {
    throw new S3Error(
      'BadDigest',
      'The Content-MD5 you specified did not match what we received.',
      {
        ExpectedDigest: expected,
        CalculatedDigest: actual,
      },
    );
  }
}

function comparePayload(expected: string, actual: string): void {
  if (expected !== actual) {
    throw new S3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: actual },
    );
  }
}

function givenChecksum(announced: AnnouncedChecksum, trailers: Trailers): Checksum {
  const { algorithm } = announced;
  const value = announced.value ?? trailers.get(`x-amz-checksum-${algorithm.toLowerCase()}`);
  if (value === undefined) {
    throw new S3Error('InvalidRequest', 'The trailer that x-amz-trailer promised did not come.');
  }
  return { algorithm, value };
}

function incomplete(expected: number, actual: number): S3Error {
  return new S3Error(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
    { NumberBytesExpected: String(expected), NumberBytesProvided: String(actual) },
  );
}
