import { createBucket, headBucket, listBuckets } from './bucket-operations.ts';
import { completeMultipartUpload } from './complete-upload.ts';
import { copyObject } from './copy-object.ts';
import { deleteObjects } from './delete-objects.ts';
import type { Handler } from './handler.ts';
import { listObjects } from './list-objects.ts';
import { listMultipartUploads, listParts } from './list-uploads.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './multipart.ts';
import type { Operation } from './operation.ts';
import { getObject, headObject } from './read-objects.ts';
import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import { deleteObject, putObject } from './write-objects.ts';

interface Implemented {
  readonly handler: Handler;
  /** The query parameters that it understands; a name that ends in `*` is a beginning. */
  readonly query?: readonly string[];
  /** The same for its `x-amz-…` headers. */
  readonly headers?: readonly string[];
}

const CONTENT = ['x-amz-checksum-*', 'x-amz-decoded-content-length', 'x-amz-trailer'];
const READS = { query: ['response-*'], headers: ['x-amz-checksum-mode'] };

const OPERATIONS: Readonly<Record<Operation, Implemented>> = {
  AbortMultipartUpload: { handler: abortMultipartUpload, query: ['uploadId'] },
  CompleteMultipartUpload: {
    handler: completeMultipartUpload,
    query: ['uploadId'],
    headers: ['x-amz-checksum-*'],
  },
  CopyObject: {
    handler: copyObject,
    headers: [
      'x-amz-copy-source',
      'x-amz-copy-source-if-match',
      'x-amz-copy-source-if-none-match',
      'x-amz-meta-*',
      'x-amz-metadata-directive',
    ],
  },
  CreateBucket: { handler: createBucket, headers: CONTENT },
  CreateMultipartUpload: {
    handler: createMultipartUpload,
    query: ['uploads'],
    headers: ['x-amz-checksum-algorithm', 'x-amz-checksum-type', 'x-amz-meta-*'],
  },
  DeleteObject: { handler: deleteObject },
  DeleteObjects: { handler: deleteObjects, query: ['delete'], headers: CONTENT },
  GetObject: { handler: getObject, ...READS },
  HeadBucket: { handler: headBucket },
  HeadObject: { handler: headObject, ...READS },
  ListBuckets: { handler: listBuckets, query: ['prefix'] },
  ListMultipartUploads: {
    handler: listMultipartUploads,
    query: ['encoding-type', 'key-marker', 'max-uploads', 'prefix', 'upload-id-marker', 'uploads'],
  },
  ListObjectsV2: {
    handler: listObjects,
    query: [
      'continuation-token',
      'delimiter',
      'encoding-type',
      'fetch-owner',
      'list-type',
      'max-keys',
      'prefix',
      'start-after',
    ],
  },
  ListParts: { handler: listParts, query: ['max-parts', 'part-number-marker', 'uploadId'] },
  PutObject: { handler: putObject, headers: [...CONTENT, 'x-amz-meta-*'] },
  UploadPart: { handler: uploadPart, query: ['partNumber', 'uploadId'], headers: CONTENT },
};

/**
 * What performs the request.
 * @throws NotImplemented - the operation, a query parameter or a header that would change what is done. Ignoring it
 * would let a test pass that fails on the real service.
 */
export function handlerOf(request: S3Request): Handler {
  const implemented = isOperation(request.operation) ? OPERATIONS[request.operation] : undefined;
  if (!implemented) throw notImplemented(`The operation ${request.operation}`);
  const { handler, query = [], headers = [] } = implemented;
  const parameter = [...request.query.keys()].find(
    (name) => name !== 'x-id' && !isSigned(name) && !isNamed(query, name),
  );
  if (parameter !== undefined) {
    throw notImplemented(`The query parameter "${parameter}" of ${request.operation}`);
  }
  const header = [...request.headers.keys()].find(
    (name) => name.startsWith('x-amz-') && !isNamed([...ALWAYS, ...headers], name),
  );
  if (header !== undefined) throw notImplemented(`The header "${header}" of ${request.operation}`);
  return handler;
}

const ALWAYS = [
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-expected-bucket-owner',
  'x-amz-sdk-checksum-algorithm',
  'x-amz-security-token',
  'x-amz-user-agent',
];

function isOperation(name: string): name is Operation {
  return Object.hasOwn(OPERATIONS, name);
}

/** `X-Amz-…`: parts of a signature, or headers that a presigned URL carries and that are looked at as headers. */
function isSigned(parameter: string): boolean {
  return parameter.toLowerCase().startsWith('x-amz-');
}

function isNamed(names: readonly string[], name: string): boolean {
  return names.some((one) =>
    one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one,
  );
}

function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', `${what} is not implemented by the embedded S3 server.`);
}
