import { rm } from 'node:fs/promises';
import { readAlgorithm } from './checksums.ts';
import type { Handler, HandlerCall } from './handler.ts';
import { checksumHeaders, storedHeaders } from './object-headers.ts';
import { stageFile } from './object-files.ts';
import { S3Error } from './s3-error.ts';
import {
  commitPart,
  createUpload,
  readUpload,
  removeUpload,
  type UploadFacts,
} from './upload-files.ts';
import { xmlDocument } from './xml.ts';

/** Begins an upload in parts. */
export const createMultipartUpload: Handler = async ({ request, store, bucket }) => {
  const checksum = readUploadChecksum(request.headers);
  const upload = await createUpload(
    bucket().uploadsDirectory,
    {
      key: request.key,
      initiatedMs: Date.now(),
      headers: storedHeaders(request),
      ...(checksum ? { checksum } : {}),
    },
    store.staging.durability,
  );
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      ...(checksum
        ? { 'x-amz-checksum-algorithm': checksum.algorithm, 'x-amz-checksum-type': checksum.type }
        : {}),
    },
    body: xmlDocument('InitiateMultipartUploadResult', [
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['UploadId', upload.uploadId],
    ]),
  };
};

/** Stores one part; the same number again replaces it. */
export const uploadPart: Handler = async (call) => {
  const { request, body, store } = call;
  const { upload, uploads } = await namedUpload(call);
  const partNumber = readPartNumber(request.query.get('partNumber') ?? '');
  const staged = await stageFile(
    body.pieces,
    () => {
      const { md5Hex, sizeBytes, checksum } = body.received();
      checkPartChecksum(upload, checksum?.algorithm);
      return {
        key: request.key,
        sizeBytes,
        etag: md5Hex,
        lastModifiedMs: Date.now(),
        headers: {},
        ...(checksum ? { checksum: { ...checksum, type: 'FULL_OBJECT' as const } } : {}),
      };
    },
    store.staging,
  );
  const { durability } = store.staging;
  try {
    await underUpload(call, () =>
      commitPart(uploads, { uploadId: upload.uploadId, partNumber }, { staged, durability }),
    );
  } finally {
    // Left over only if the upload was aborted meanwhile.
    await rm(staged.path, { force: true });
  }
  const { 'x-amz-checksum-type': _, ...checksum } = checksumHeaders(staged.facts);
  return { status: 200, headers: { etag: `"${staged.facts.etag}"`, ...checksum } };
};

/** Forgets an upload and its parts. */
export const abortMultipartUpload: Handler = async (call) => {
  await underUpload(call, async ({ upload, uploads }) => {
    await removeUpload(uploads, upload.uploadId, call.store.staging.durability);
  });
  return { status: 204 };
};

export interface NamedUpload {
  readonly upload: UploadFacts;
  /** The directory of all uploads of the bucket. */
  readonly uploads: string;
}

/**
 * The upload that the request names.
 * @throws NoSuchUpload
 */
async function namedUpload({ request, bucket }: HandlerCall): Promise<NamedUpload> {
  const uploads = bucket().uploadsDirectory;
  const uploadId = request.query.get('uploadId') ?? '';
  return { upload: await readUpload(uploads, uploadId, request.key), uploads };
}

/** Runs `work` while nobody else completes or aborts the same upload; it is still there when `work` begins. */
export function underUpload<Result>(
  call: HandlerCall,
  work: (named: NamedUpload) => Promise<Result>,
): Promise<Result> {
  const uploadId = call.request.query.get('uploadId') ?? '';
  return call.bucket().withUpload(uploadId, async () => work(await namedUpload(call)));
}

function readUploadChecksum(headers: ReadonlyMap<string, string>): UploadFacts['checksum'] {
  const name = headers.get('x-amz-checksum-algorithm');
  const type = headers.get('x-amz-checksum-type')?.toUpperCase() ?? 'COMPOSITE';
  if (name === undefined) return undefined;
  const algorithm = readAlgorithm(name);
  if (type === 'COMPOSITE') return { algorithm, type };
  if (type === 'FULL_OBJECT' && algorithm === 'CRC32') return { algorithm, type };
  throw new S3Error(
    'InvalidRequest',
    `The ${type} checksum type cannot be used with ${algorithm}.`,
  );
}

const MAX_PART_NUMBER = 10_000;

function readPartNumber(text: string): number {
  const partNumber = Number(text);
  if (/^\d{1,5}$/.test(text) && partNumber >= 1 && partNumber <= MAX_PART_NUMBER) return partNumber;
  throw new S3Error(
    'InvalidArgument',
    'Part number must be an integer between 1 and 10000, inclusive',
  );
}

function checkPartChecksum(upload: UploadFacts, given: string | undefined): void {
  const expected = upload.checksum?.algorithm;
  if (expected === undefined || expected === given) return;
  throw new S3Error(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${given?.toLowerCase() ?? 'null'}`,
  );
}
