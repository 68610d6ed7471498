import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/failures.ts';
import { callAws, type AwsCallContext } from './errors.ts';
import { headObject } from './head-object.ts';
import { objectContext, type ObjectAddress, type S3Access } from './s3-access.ts';

/** What must lie under the key for a write to go in: this version, nothing, or whatever it is. */
type Expected = { readonly etag: string } | 'absent' | 'any';

/** What every upload says of its object. */
export interface ObjectDescription extends ObjectAddress {
  readonly contentType: string;
  /** Lower-case names with hyphens, ASCII values, 2 KB in all. `content-sha256` is ours. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Absent: `any`. */
  readonly expected?: Expected;
  /**
   * A late deletion may still be after the version with this ETag. What is stored gets another one, although its content may be the same:
   * the ETag of an upload in parts is no hash of the content alone.
   */
  readonly apart?: { readonly etag: string };
}

export interface PutRequest extends ObjectDescription {
  readonly body: Buffer;
}

/** Stores a body in one request. */
export async function putObject(
  access: S3Access,
  request: PutRequest,
): Promise<{ readonly etag: string }> {
  const { signal, body } = request;
  const sha256 = createHash('sha256').update(body).digest();
  const command = new PutObjectCommand({
    ...target(access, request),
    ...described(request, sha256.toString('hex')),
    ...conditionOf(request),
    Body: body,
    ChecksumSHA256: sha256.toString('base64'),
  });
  return writeOnce(
    access,
    { request, operation: 'PutObject', sha256: sha256.toString('hex') },
    async () => {
      const answer = await access.s3.send(command, { abortSignal: signal });
      return answer.ETag ?? '';
    },
  );
}

export function target({ owner }: S3Access, { bucket, key }: ObjectAddress) {
  return { Bucket: bucket, Key: key, ...owner };
}

export function described({ contentType, metadata }: ObjectDescription, sha256: string) {
  return { ContentType: contentType, Metadata: { ...metadata, [SHA256_METADATA]: sha256 } };
}

export function conditionOf({ expected = 'any' }: ObjectDescription) {
  if (expected === 'any') return {};
  return expected === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: expected.etag };
}

const SHA256_METADATA = 'content-sha256';

export interface Write {
  readonly request: ObjectDescription;
  readonly operation: string;
  /** Of the content, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Runs a conditional write. A condition that does not hold may be the trace of our own earlier try whose answer
 * was lost: then our content lies there, and that is success.
 */
export function writeOnce(
  access: S3Access,
  { request, operation, sha256 }: Write,
  write: () => Promise<string>,
): Promise<{ readonly etag: string }> {
  const context = objectContext(operation, request);
  return callAws(context, request.signal, async () => {
    try {
      return { etag: await repeatedOnRace(write, request.signal) };
    } catch (error) {
      if (!isPreconditionError(error)) throw error;
      const current = await headObject(access, request);
      const isOurs = current?.metadata[SHA256_METADATA] === sha256;
      if (current && isOurs && current.etag !== request.apart?.etag) return { etag: current.etag };
      throw conflictOf(error, context, current?.etag ?? null);
    }
  });
}

const RACE_TRIES = 3;
const RACE_PAUSE_MS = 50;

/** 409 means that two writers met, not that one of them lost; S3 says to ask again, and the SDK does not. */
async function repeatedOnRace(write: () => Promise<string>, signal: AbortSignal): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (nameOf(error) !== 'ConditionalRequestConflict' || tries >= RACE_TRIES) throw error;
      await sleep(RACE_PAUSE_MS * tries, undefined, { signal });
    }
  }
}

/** Did the object not have the version that the call expected? A vanished one is `NoSuchKey`. */
export function isPreconditionError(error: unknown): boolean {
  return PRECONDITION_NAMES.has(nameOf(error));
}

const PRECONDITION_NAMES: ReadonlySet<string> = new Set([
  'ConditionalRequestConflict',
  'NoSuchKey',
  // Of a completed multipart upload whose answer was lost.
  'NoSuchUpload',
  'PreconditionFailed',
]);

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** The failure of a write that found another version: with the ETag of what lies there, `null` if nothing does. */
export function conflictOf(
  error: unknown,
  { operation, resource }: AwsCallContext,
  etag: string | null,
): ApplicationFailure {
  const found = etag === null ? 'nothing lies there' : `the version there is ${etag}`;
  return failure(
    'Conflict',
    `${resource} has another version than ${operation} expected: ${found}. The next attempt reads it again.`,
    { cause: error, details: { etag, operation } },
  );
}
