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
} from './put-object.ts';
import { objectContext, type S3Access } from './s3-access.ts';

export interface PutFileRequest extends ObjectDescription {
  /** A file that nobody changes meanwhile: that is checked. */
  readonly path: string;
}

/** S3 takes parts from 5 MiB; the memory of an upload is one part. */
const PART_BYTES = 8 * 1024 * 1024;

/** Stores a file: in one request up to 8 MiB, else in parts, which are given up together if one fails. */
export async function putFile(
  access: S3Access,
  request: PutFileRequest,
): Promise<{ readonly etag: string }> {
  const { size } = await stat(request.path);
  if (size <= PART_BYTES) {
    return putObject(access, { ...request, body: await readFile(request.path) });
  }
  const sha256 = await hashFile(request);
  await abandonEarlier(access, request);
  const uploadId = await beginUpload(access, request, sha256);
  const upload: Upload = { access, request, uploadId, sha256 };
  try {
    const parts = await uploadParts(upload);
    return await completeUpload(upload, parts);
  } catch (error) {
    await abandonUpload(upload);
    throw error;
  }
}

interface Upload {
  readonly access: S3Access;
  readonly request: PutFileRequest;
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
  request: PutFileRequest,
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

async function uploadParts(upload: Upload): Promise<readonly CompletedPart[]> {
  const handle = await open(upload.request.path, 'r');
  const whole = createHash('sha256');
  try {
    const parts: CompletedPart[] = [];
    for (
      let body = await readPart(handle, whole);
      body.length > 0;
      body = await readPart(handle, whole)
    ) {
      parts.push(await uploadPart(upload, parts.length + 1, body));
    }
    if (whole.digest('hex') !== upload.sha256) throw changedFile(upload.request);
    return parts;
  } finally {
    await handle.close();
  }
}

async function readPart(handle: FileHandle, whole: Hash): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(PART_BYTES);
  let filled = 0;
  while (filled < PART_BYTES) {
    const { bytesRead } = await handle.read(buffer, filled, PART_BYTES - filled, null);
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
async function abandonEarlier(access: S3Access, request: PutFileRequest): Promise<void> {
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
