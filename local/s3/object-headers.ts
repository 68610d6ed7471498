import { checksumHeader } from './checksums.ts';
import type { ObjectFacts } from './object-files.ts';
import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';

const KEPT = [
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'expires',
];

/** User metadata, names and values together: S3 user guide, "Working with object metadata". */
const MAX_METADATA_BYTES = 2048;

/**
 * The headers of an upload that are stored with the object and answered again.
 * @throws MetadataTooLarge
 */
export function storedHeaders(request: S3Request): Readonly<Record<string, string>> {
  const metadata = [...request.headers].filter(([name]) => name.startsWith('x-amz-meta-'));
  const sizeBytes = metadata.reduce(
    (sum, [name, value]) => sum + name.length - 'x-amz-meta-'.length + value.length,
    0,
  );
  if (sizeBytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      { Size: String(sizeBytes), MaxSizeAllowed: String(MAX_METADATA_BYTES) },
    );
  }
  const kept = KEPT.flatMap((name) => {
    const value = request.headers.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const encoding = contentEncoding(request);
  return Object.fromEntries([
    ['content-type', 'binary/octet-stream'],
    ...kept,
    ...(encoding === '' ? [] : [['content-encoding', encoding] as const]),
    ...metadata,
  ]);
}

/** `aws-chunked` is how the body travelled, not what it is. */
function contentEncoding(request: S3Request): string {
  return (request.headers.get('content-encoding') ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one !== 'aws-chunked')
    .join(',');
}

/** The headers of GET and HEAD for the whole object, without its length. */
export function answeredHeaders(
  facts: ObjectFacts,
  request: S3Request,
): Readonly<Record<string, string>> {
  return {
    ...facts.headers,
    ...overrides(request),
    etag: `"${facts.etag}"`,
    'last-modified': new Date(facts.lastModifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
  };
}

/** `x-amz-checksum-…` of an object that was stored with one. */
export function checksumHeaders({ checksum }: ObjectFacts): Readonly<Record<string, string>> {
  return checksum
    ? { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }
    : {};
}

/** `response-content-type=…` and its kin in a presigned URL. */
function overrides(request: S3Request): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...request.query]
      .filter(([name]) => name.startsWith('response-'))
      .map(([name, value]) => [name.slice('response-'.length), value]),
  );
}
