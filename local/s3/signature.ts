import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import { amzDateMs, readClaim, type SignatureClaim } from './signature-claim.ts';
import { decodeUri, encodePath, encodeUri } from './uri.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Who signed, and what is needed to check the signatures of the chunks that follow. */
export interface VerifiedSignature {
  /** The value of `x-amz-content-sha256`: a hex digest, `UNSIGNED-PAYLOAD` or one of the `STREAMING-…` words. */
  readonly payload: string;
  readonly signature: string;
  readonly amzDate: string;
  readonly scope: string;
  readonly signingKey: Buffer;
}

const MAX_SKEW_MS = 15 * 60 * 1000;

/**
 * Checks AWS Signature Version 4 of a request, in its header or in a presigned URL.
 * @throws AccessDenied - no signature, an expired URL, or an unsigned `x-amz-…` header.
 * @throws InvalidAccessKeyId, RequestTimeTooSkewed, SignatureDoesNotMatch
 */
export function verifySignature(
  request: S3Request,
  credentials: Credentials,
  nowMs: number = Date.now(),
): VerifiedSignature {
  const claim = readClaim(request);
  if (claim.accessKeyId !== credentials.accessKeyId) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      { AWSAccessKeyId: claim.accessKeyId },
    );
  }
  checkTime(claim, nowMs);
  checkSignedHeaders(request, claim);

  const signingKey = signingKeyOf(credentials.secretAccessKey, claim);
  const scope = `${claim.day}/${claim.region}/s3/aws4_request`;
  const canonical = canonicalRequest(request, claim);
  const expected = hmacHex(
    signingKey,
    ['AWS4-HMAC-SHA256', claim.amzDate, scope, sha256Hex(canonical)].join('\n'),
  );
  if (!sameText(expected, claim.signature)) throw signatureMismatch();
  return {
    payload: claim.payload,
    signature: claim.signature,
    amzDate: claim.amzDate,
    scope,
    signingKey,
  };
}

/** The error of any signature that is not the one we computed. */
export function signatureMismatch(): S3Error {
  return new S3Error(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );
}

/** Compares two signatures without telling by its time how far they agree. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** HMAC-SHA-256 in hexadecimal. */
export function hmacHex(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Header bytes come as Latin-1 and are hashed as they came; paths and queries are ASCII by then. */
function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

function checkTime(claim: SignatureClaim, nowMs: number): void {
  const signedMs = amzDateMs(claim.amzDate);
  const ageMs = nowMs - signedMs;
  if (claim.expiresSeconds === undefined ? Math.abs(ageMs) > MAX_SKEW_MS : ageMs < -MAX_SKEW_MS) {
    throw new S3Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      {
        RequestTime: claim.amzDate,
        ServerTime: new Date(nowMs).toISOString(),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    );
  }
  if (claim.expiresSeconds !== undefined && ageMs > claim.expiresSeconds * 1000) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      Expires: new Date(signedMs + claim.expiresSeconds * 1000).toISOString(),
      ServerTime: new Date(nowMs).toISOString(),
    });
  }
}

function checkSignedHeaders(request: S3Request, claim: SignatureClaim): void {
  const unsigned = [...request.sentHeaders.keys()].filter(
    (name) => (name === 'host' || name.startsWith('x-amz-')) && !claim.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new S3Error(
      'AccessDenied',
      'There were headers present in the request which were not signed',
      { HeadersNotSigned: unsigned.join(', ') },
    );
  }
}

/** A key is good for a day, and its four digests cost more than the check of a request: that of the last request is kept. */
let lastKey: { readonly of: string; readonly key: Buffer } | undefined;

function signingKeyOf(secret: string, { day, region }: SignatureClaim): Buffer {
  const of = JSON.stringify([secret, day, region]);
  if (lastKey?.of === of) return lastKey.key;
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    (before, part) => createHmac('sha256', before).update(part).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  lastKey = { of, key };
  return key;
}

function canonicalRequest(request: S3Request, claim: SignatureClaim): string {
  const headers = claim.signedHeaders.map((name) => {
    const value = (request.sentHeaders.get(name) ?? '').trim().replaceAll(/ +/g, ' ');
    return `${name}:${value}\n`;
  });
  return [
    request.method,
    encodePath(decodeUri(request.rawPath)),
    canonicalQuery(request),
    headers.join(''),
    claim.signedHeaders.join(';'),
    claim.payload,
  ].join('\n');
}

function canonicalQuery(request: S3Request): string {
  return request.queryPairs
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encodeUri(name)}=${encodeUri(value)}`)
    .toSorted(byNameThenValue)
    .join('&');
}

function byNameThenValue(left: string, right: string): number {
  // "=" sorts behind digits and "-", so whole pairs would not sort by name: compare with it as the lowest character.
  const [a, b] = [left.replace('=', '\u0000'), right.replace('=', '\u0000')];
  return a < b ? -1 : Number(a > b);
}
