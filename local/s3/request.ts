import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { operationOf, type Scope } from './operation.ts';
import { S3Error } from './s3-error.ts';
import { decodeUri, queryPairs } from './uri.ts';

/** A request in the words of S3. Nothing in it has been checked against the signature yet. */
export interface S3Request {
  readonly method: string;
  /** As it came, still encoded: what the signature covers. */
  readonly rawPath: string;
  readonly query: ReadonlyMap<string, string>;
  readonly queryPairs: readonly (readonly [string, string])[];
  /** Lower-case names; several lines of one name are joined by a comma. A presigned URL's `x-amz-…` are among them. */
  readonly headers: ReadonlyMap<string, string>;
  /** The headers that really came as headers. */
  readonly sentHeaders: ReadonlyMap<string, string>;
  readonly bucket: string;
  readonly key: string;
  readonly operation: string;
  readonly body: IncomingMessage;
}

/** What a handler answers. A stream is piped; its length must be in the headers. */
export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
}

/**
 * Reads address and headers.
 * @throws InvalidURI, KeyTooLongError
 */
export function readRequest(message: IncomingMessage): S3Request {
  const { method = 'GET', url = '/' } = message;
  const at = url.indexOf('?');
  const rawPath = at < 0 ? url : url.slice(0, at);
  const pairs = queryPairs(at < 0 ? '' : url.slice(at + 1));
  const query = new Map(pairs);
  const sentHeaders = joinedHeaders(message.rawHeaders);
  const headers = new Map([...hoistedHeaders(pairs), ...sentHeaders]);
  const { bucket, key, scope } = readPath(rawPath);
  const copies = headers.has('x-amz-copy-source');
  const operation = operationOf({ method, scope, query, copies });
  return {
    method,
    rawPath,
    query,
    queryPairs: pairs,
    headers,
    sentHeaders,
    bucket,
    key,
    operation,
    body: message,
  };
}

function joinedHeaders(raw: readonly string[]): ReadonlyMap<string, string> {
  const joined = new Map<string, string>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return joined;
}

/** Presigned URLs carry headers such as `x-amz-meta-…` and `x-amz-checksum-…` as query parameters. */
function hoistedHeaders(pairs: readonly (readonly [string, string])[]) {
  return pairs
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith('x-amz-') && !SIGNATURE_PARAMETERS.has(name));
}

const SIGNATURE_PARAMETERS: ReadonlySet<string> = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
]);

/** S3 user guide, "Naming Amazon S3 objects". */
const MAX_KEY_BYTES = 1024;

function readPath(rawPath: string): { bucket: string; key: string; scope: Scope } {
  const slash = rawPath.indexOf('/', 1);
  const bucket = decodeUri(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash));
  const key = slash < 0 ? '' : decodeUri(rawPath.slice(slash + 1));
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > MAX_KEY_BYTES) {
    throw new S3Error('KeyTooLongError', 'Your key is too long', {
      Size: String(keyBytes),
      MaxSizeAllowed: String(MAX_KEY_BYTES),
    });
  }
  if (bucket === '') return { bucket, key, scope: 'Service' };
  return { bucket, key, scope: key === '' ? 'Bucket' : 'Object' };
}
