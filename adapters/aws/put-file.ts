import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { failure } from '../../workflows/failures.ts';
import { callAws } from './errors.ts';
import {
  conditionOf,
  described,
  putObject,
  target,
  writeOnce,
  type ObjectDescription,
  type PutRequest,
} from './put-object.ts';
import { objectContext, type S3Access } from './s3-access.ts';

export interface PutFileRequest extends ObjectDescription {
  /** A file that nobody changes meanwhile: that is checked. */
  readonly path: string;
}

/** S3 takes parts from 5 MiB; the memory of an upload is one part. */
const PART_BYTES = 8 * 1024 * 1024;
/** Other parts, another ETag. */
const OTHER_PART_BYTES = 7 * 1024 * 1024;

/** Stores a file: in one request up to 8 MiB, else in parts, which are given up together if one fails. */
export async function putFile(
  access: S3Access,
  request: PutFileRequest,
): Promise<{ readonly etag: string }> {
  const { size } = await stat(request.path);
  if (size <= PART_BYTES) {
    return putBody(access, { ...request, body: await readFile(request.path) });
  }
  const sha256 = await hashFile(request);
  return putParts(access, request, sha256, (upload) => uploadParts(upload, request));
}

/** Stores a body in one request, or as an upload of one part where only that gives it another ETag. */
export function putBody(access: S3Access, request: PutRequest): Promise<{ readonly etag: string }> {
  const { body, apart } = request;
  if (!apart || IN_PARTS.test(apart.etag)) return putObject(access, request);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return putParts(access, request, sha256, async (upload) => [await uploadPart(upload, 1, body)]);
}

/** Amazon S3 user guide, checking object integrity: a hyphen and the number of parts. */
const IN_PARTS = /-\d+"?$/;

async function putParts(
  access: S3Access,
  request: ObjectDescription,
  sha256: string,
  partsOf: (upload: Upload) => Promise<readonly CompletedPart[]>,
): Promise<{ readonly etag: string }> {
  await abandonEarlier(access, request);
  const uploadId = await beginUpload(access, request, sha256);
  const upload: Upload = { access, request, uploadId, sha256 };
  try {
    return await completeUpload(upload, await partsOf(upload));
  } catch (error) {
    await abandonUpload(upload);
    throw error;
  }
}

interface Upload {
  readonly access: S3Access;
  readonly request: ObjectDescription;
  readonly uploadId: string;
  readonly sha256: string;
}

/** The hash is metadata, and metadata is set before the first part: the file is read twice. */
async function hashFile({ path, signal }: PutFileRequest): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { signal })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function beginUpload(
  access: S3Access,
  request: ObjectDescription,
  sha256: string,
): Promise<string> {
  const { signal } = request;
  const command = new CreateMultipartUploadCommand({
    ...target(access, request),
    ...described(request, sha256),
    ChecksumAlgorithm: 'SHA256',
  });
  return callAws(objectContext('CreateMultipartUpload', request), signal, async () => {
    const { UploadId } = await access.s3.send(command, { abortSignal: signal });
    return UploadId ?? '';
  });
}

async function uploadParts(
  upload: Upload,
  request: PutFileRequest,
): Promise<readonly CompletedPart[]> {
  const handle = await open(request.path, 'r');
  const whole = createHash('sha256');
  const sizeBytes = request.apart ? OTHER_PART_BYTES : PART_BYTES;
  const read = (): Promise<Buffer> => readPart(handle, whole, sizeBytes);
  try {
    const parts: CompletedPart[] = [];
    for (let body = await read(); body.length > 0; body = await read()) {
      parts.push(await uploadPart(upload, parts.length + 1, body));
    }
    if (whole.digest('hex') !== upload.sha256) throw changedFile(request);
    return parts;
  } finally {
    await handle.close();
  }
}

async function readPart(handle: FileHandle, whole: Hash, sizeBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(sizeBytes);
  let filled = 0;
  while (filled < sizeBytes) {
    const { bytesRead } = await handle.read(buffer, filled, sizeBytes - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  const part = buffer.subarray(0, filled);
  whole.update(part);
  return part;
}

async function uploadPart(
  { access, request, uploadId }: Upload,
  partNumber: number,
  body: Buffer,
): Promise<CompletedPart> {
  const { signal } = request;
  const sha256 = createHash('sha256').update(body).digest('base64');
  const command = new UploadPartCommand({
    ...target(access, request),
    UploadId: uploadId,
    PartNumber: partNumber,
    Body: body,
    ChecksumSHA256: sha256,
  });
  return callAws(objectContext('UploadPart', request), signal, async () => {
    const { ETag } = await access.s3.send(command, { abortSignal: signal });
    return { PartNumber: partNumber, ETag, ChecksumSHA256: sha256 };
  });
}

async function completeUpload(
  { access, request, uploadId, sha256 }: Upload,
  parts: readonly CompletedPart[],
): Promise<{ readonly etag: string }> {
  const command = new CompleteMultipartUploadCommand({
    ...target(access, request),
    ...conditionOf(request),
    UploadId: uploadId,
    MultipartUpload: { Parts: [...parts] },
  });
  const write = { request, operation: 'CompleteMultipartUpload', sha256 };
  return writeOnce(access, write, async () => {
    const { ETag } = await access.s3.send(command, { abortSignal: request.signal });
    return ETag ?? '';
  });
}

/**
 * Parts of an attempt that died are paid for and seen by nobody. A key has one writer: what is half-done there is not wanted any more. A role
 * that may not list leaves them to a rule of the bucket.
 */
async function abandonEarlier(access: S3Access, request: ObjectDescription): Promise<void> {
  const { bucket, key, signal } = request;
  const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key, ...access.owner });
  const listed = await access.s3.send(command, { abortSignal: signal }).catch(() => undefined);
  signal.throwIfAborted();
  const earlier = (listed?.Uploads ?? []).filter((upload) => upload.Key === key);
  await Promise.all(
    earlier.map(({ UploadId = '' }) => abandonUpload({ access, request, uploadId: UploadId })),
  );
}

const ABANDON_TIMEOUT_MS = 5000;

/** The signal of the call may be what ended it, so this has one of its own. What remains, a bucket rule removes. */
async function abandonUpload({
  access,
  request,
  uploadId,
}: Pick<Upload, 'access' | 'request' | 'uploadId'>): Promise<void> {
  const command = new AbortMultipartUploadCommand({
    ...target(access, request),
    UploadId: uploadId,
  });
  const abortSignal = AbortSignal.timeout(ABANDON_TIMEOUT_MS);
  await access.s3.send(command, { abortSignal }).catch(() => undefined);
}

function changedFile({ path, bucket, key }: PutFileRequest): Error {
  return failure(
    'Conflict',
    `File "${path}" changed while it was uploaded to "s3://${bucket}/${key}". The next attempt reads it again.`,
    { details: { etag: null } },
  );
}
