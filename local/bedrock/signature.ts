import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { accessDenied } from './service-error.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Checks the Signature Version 4 of a request in full, but for its age.
 * @throws UnrecognizedClientException - it is missing, has another form, or names an unknown access key.
 * @throws InvalidSignatureException - it was made with another secret, or the request changed on its way.
 */
export function requireSignature(
  request: IncomingMessage,
  body: Buffer,
  credentials: Credentials,
): void {
  const seen = FORM.exec(request.headers.authorization ?? '')?.groups;
  if (!seen || seen['accessKeyId'] !== credentials.accessKeyId) {
    throw accessDenied(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  const { scope = '', signedHeaders = '', signature = '' } = seen;
  const expected = signatureOf(request, body, { scope, signedHeaders, credentials });
  if (!isEqual(signature, expected)) {
    throw accessDenied(
      'InvalidSignatureException',
      'The request signature does not match. Check the secret access key.',
    );
  }
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=(?<accessKeyId>[^/,\s]+)\/(?<scope>\d{8}\/[^/,\s]+\/[^/,\s]+\/aws4_request), ?SignedHeaders=(?<signedHeaders>[a-z0-9;-]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

interface Signing {
  /** Date, region, service, `aws4_request`. */
  readonly scope: string;
  readonly signedHeaders: string;
  readonly credentials: Credentials;
}

function signatureOf(request: IncomingMessage, body: Buffer, signing: Signing): string {
  const time = request.headers['x-amz-date'];
  const toSign = [
    'AWS4-HMAC-SHA256',
    String(time),
    signing.scope,
    sha256(canonicalRequest(request, body, signing.signedHeaders)),
  ].join('\n');
  const key = signing.scope
    .split('/')
    .reduce<string | Buffer>(
      (secret, part) => hmac(secret, part),
      `AWS4${signing.credentials.secretAccessKey}`,
    );
  return hmac(key, toSign).toString('hex');
}

function canonicalRequest(request: IncomingMessage, body: Buffer, signedHeaders: string): string {
  const { pathname, searchParams } = new URL(`http://localhost${request.url ?? '/'}`);
  const names = signedHeaders.split(';');
  return [
    request.method ?? '',
    // Every service but S3 signs the path encoded twice.
    pathname
      .split('/')
      .map((segment) => encoded(segment))
      .join('/'),
    [...searchParams]
      .map(([key, value]) => `${encoded(key)}=${encoded(value)}`)
      .toSorted()
      .join('&'),
    ...names.map((name) => `${name}:${headerOf(request, name)}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n');
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return String(value ?? '')
    .trim()
    .replaceAll(/ +/g, ' ');
}

/** RFC 3986: also what `encodeURIComponent` leaves alone. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
