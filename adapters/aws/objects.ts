import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { callAws } from './errors.ts';
import { headObject, type ObjectHead } from './head-object.ts';
import { listObjects, type ListedObject } from './list-objects.ts';
import { listUploads, type OpenUpload } from './list-uploads.ts';
import { putBody, putFile, type PutFileRequest } from './put-file.ts';
import { conflictOf, isPreconditionError, type PutRequest } from './put-object.ts';
import { removeMany, type RemovalError, type RemoveManyRequest } from './remove-objects.ts';
import { objectContext, type ObjectAddress, type S3Access } from './s3-access.ts';

/** An object with its content. */
interface StoredObject extends ObjectHead {
  readonly body: Buffer;
}

/**
 * Objects in buckets. An ETag is an opaque word of the server, quotes included: compare it, never read it.
 * Every failure has one of our names; an aborted call throws the reason of its signal.
 */
export interface Objects {
  /**
   * Stores a body whole, with its SHA-256 checked by the server and kept as metadata `content-sha256`.
   * Safe to repeat: if our content already lies there, the answer of an earlier try was lost and this is success.
   * @throws Conflict - something else than `expected` lies there; details have `etag`, `null` if there is nothing.
   */
  put(request: PutRequest): Promise<{ readonly etag: string }>;
  /** The same for a file of any size up to 80 GB, in bounded memory: large ones go in parts of 8 MiB. */
  putFile(request: PutFileRequest): Promise<{ readonly etag: string }>;
  /** @throws NotFound */
  get(address: ObjectAddress): Promise<StoredObject>;
  /** The content as UTF-8. @throws NotFound */
  getText(address: ObjectAddress): Promise<string>;
  /** What is known of an object; `undefined` if there is none. */
  head(address: ObjectAddress): Promise<ObjectHead | undefined>;
  /**
   * Removes an object. A missing one is success.
   * @throws Conflict - `expected` was given and another version lies there.
   */
  remove(address: ObjectAddress & { readonly expected?: { readonly etag: string } }): Promise<void>;
  /**
   * Removes any number of objects and answers those that remained, with the reason. Missing ones are success; where another version lies
   * than `etags` says, the object stays and its failure is `Conflict`.
   */
  removeMany(request: RemoveManyRequest): Promise<readonly RemovalError[]>;
  /** Every object whose key begins so, a page of 1000 at a time, in the order of UTF-8. */
  list(request: {
    readonly bucket: string;
    readonly prefix: string;
    readonly signal: AbortSignal;
  }): AsyncIterable<ListedObject>;
  /** Every unfinished upload in parts whose key begins so. */
  listUploads(request: {
    readonly bucket: string;
    readonly prefix: string;
    readonly signal: AbortSignal;
  }): AsyncIterable<OpenUpload>;
  /** @throws NotFound, AccessDenied, InvalidConfig - the bucket is in another region. */
  checkBucket(bucket: string, signal: AbortSignal): Promise<void>;
}

export interface ObjectsOptions {
  /** The account that must own every bucket: a name that was given up and taken by others is refused. */
  readonly expectedBucketOwner?: string;
}

/** S3 in our words. */
export function createObjects(s3: S3Client, options: ObjectsOptions = {}): Objects {
  const owner =
    options.expectedBucketOwner === undefined
      ? {}
      : { ExpectedBucketOwner: options.expectedBucketOwner };
  const access: S3Access = { s3, owner };

  return {
    put: (request) => putBody(access, request),
    putFile: (request) => putFile(access, request),
    get: (address) => get(access, address),
    getText: async (address) => (await get(access, address)).body.toString('utf8'),
    head: (address) => headObject(access, address),
    remove: (address) => remove(access, address),
    removeMany: (request) => removeMany(access, request),
    list: (request) => listObjects(access, request),
    listUploads: (request) => listUploads(access, request),
    checkBucket: (bucket, signal) => checkBucket(access, bucket, signal),
  };
}

async function get({ s3, owner }: S3Access, address: ObjectAddress): Promise<StoredObject> {
  const { bucket, key, signal } = address;
  return callAws(objectContext('GetObject', address), signal, async () => {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...owner });
    const answer = await s3.send(command, { abortSignal: signal });
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    return {
      body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      etag: answer.ETag ?? '',
      sizeBytes: bytes.byteLength,
      contentType: answer.ContentType ?? '',
      metadata: answer.Metadata ?? {},
    };
  });
}

async function remove(
  access: S3Access,
  address: ObjectAddress & { readonly expected?: { readonly etag: string } },
): Promise<void> {
  const { bucket, key, signal, expected } = address;
  const context = objectContext('DeleteObject', address);
  const command = new DeleteObjectCommand({
    Bucket: bucket,
    Key: key,
    ...access.owner,
    ...(expected ? { IfMatch: expected.etag } : {}),
  });
  await callAws(context, signal, async () => {
    try {
      await access.s3.send(command, { abortSignal: signal });
    } catch (error) {
      if (!expected || !isPreconditionError(error)) throw error;
      const current = await headObject(access, address);
      // Gone already: an earlier try removed it and its answer was lost.
      if (current) throw conflictOf(error, context, current.etag);
    }
  });
}

async function checkBucket(
  { s3, owner }: S3Access,
  bucket: string,
  signal: AbortSignal,
): Promise<void> {
  const context = { operation: 's3:HeadBucket', resource: `bucket "${bucket}"` };
  const command = new HeadBucketCommand({ Bucket: bucket, ...owner });
  await callAws(context, signal, () => s3.send(command, { abortSignal: signal }));
}
