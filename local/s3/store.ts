import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkWriteCondition, type WriteCondition } from './conditions.ts';
import { createKeyIndex, type KeyIndex } from './key-index.ts';
import { createLocks, type WithLock } from './locks.ts';
import {
  commitFile,
  openFile,
  removeFile,
  syncDirectory,
  type Durability,
  type ObjectFacts,
  type OpenFile,
  type StagedFile,
  type StageOptions,
} from './object-files.ts';
import { S3Error } from './s3-error.ts';
import { clearRemains } from './upload-files.ts';

/**
 * The buckets of a server. In its directory:
 * `buckets/<bucket>/objects/<h[0:2]>/<h>` with `h` = SHA-256 of the key, `buckets/<bucket>/uploads/<upload id>/…`,
 * and `scratch/` for what is not finished. Keys are hostile input and never become paths.
 */
export interface Store {
  readonly staging: StageOptions;
  buckets(): readonly Bucket[];
  /** @throws NoSuchBucket */
  bucket(name: string): Bucket;
  /** @throws InvalidBucketName, BucketAlreadyOwnedByYou */
  createBucket(name: string): Promise<Bucket>;
}

export interface Bucket {
  readonly name: string;
  readonly createdMs: number;
  readonly uploadsDirectory: string;
  /** One at a time for each multipart upload. */
  readonly withUpload: WithLock;
  /** What is there now: memory only. */
  facts(key: string): ObjectFacts | undefined;
  sortedKeys(): readonly string[];
  open(key: string): Promise<OpenFile | undefined>;
  /** Puts a staged file in its place if the condition holds; else removes it. One writer a key at a time. */
  commit(staged: StagedFile, condition: ConditionAt): Promise<void>;
  /** Removes an object if the condition holds. A missing one is no error unless the condition says so. */
  remove(key: string, condition: ConditionAt): Promise<void>;
}

/** A condition, and what was there when its request began. */
interface ConditionAt {
  readonly condition: WriteCondition;
  readonly before: ObjectFacts | undefined;
}

/** Opens the directory, reads the facts of every object in it and clears what was not finished. */
export async function openStore(directory: string, durability: Durability): Promise<Store> {
  const scratch = join(directory, 'scratch');
  const root = join(directory, 'buckets');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  await mkdir(root, { recursive: true });
  const buckets = new Map<string, Bucket>();
  for (const name of await readdir(root)) {
    buckets.set(name, await openBucket(join(root, name), name, durability));
  }

  async function createBucket(name: string): Promise<Bucket> {
    checkBucketName(name);
    if (buckets.has(name)) throw alreadyOwned(name);
    const path = join(root, name);
    await makeBucketDirectories(path);
    if (durability === 'sync') await syncDirectory(root);
    const bucket = await openBucket(path, name, durability);
    buckets.set(name, bucket);
    return bucket;
  }

  return {
    staging: { scratch, durability },
    buckets: () => [...buckets.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    bucket: (name) => {
      const found = buckets.get(name);
      if (found) return found;
      throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', {
        BucketName: name,
      });
    },
    createBucket,
  };
}

async function openBucket(path: string, name: string, durability: Durability): Promise<Bucket> {
  await makeBucketDirectories(path);
  await clearRemains(join(path, 'uploads'));
  const objects = join(path, 'objects');
  const index = await readIndex(objects);
  const withLock = createLocks();
  const { birthtimeMs } = await stat(path);

  async function commit(staged: StagedFile, { condition, before }: ConditionAt): Promise<void> {
    const { key } = staged.facts;
    await withLock(key, async () => {
      try {
        checkWriteCondition(condition, index.get(key), before);
        await commitFile(staged, join(objects, placeOf(key)), durability);
        index.set(staged.facts);
      } finally {
        // After the rename there is nothing left to remove.
        await rm(staged.path, { force: true });
      }
    });
  }

  async function remove(key: string, { condition, before }: ConditionAt): Promise<void> {
    await withLock(key, async () => {
      const current = index.get(key);
      checkWriteCondition(condition, current, before);
      if (!current) return;
      await removeFile(join(objects, placeOf(key)), durability);
      index.delete(key);
    });
  }

  return {
    name,
    createdMs: birthtimeMs,
    uploadsDirectory: join(path, 'uploads'),
    withUpload: createLocks(),
    facts: (key) => index.get(key),
    sortedKeys: () => index.sortedKeys(),
    open: (key) => openFile(join(objects, placeOf(key))),
    commit,
    remove,
  };
}

const SHELVES = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

async function makeBucketDirectories(path: string): Promise<void> {
  await mkdir(join(path, 'uploads'), { recursive: true });
  for (const shelf of SHELVES) await mkdir(join(path, 'objects', shelf), { recursive: true });
}

function placeOf(key: string): string {
  const hash = createHash('sha256').update(key).digest('hex');
  return join(hash.slice(0, 2), hash);
}

async function readIndex(objects: string): Promise<KeyIndex> {
  const index = createKeyIndex();
  for (const shelf of SHELVES) {
    const names = await readdir(join(objects, shelf));
    await Promise.all(
      names.map(async (name) => {
        const file = await openFile(join(objects, shelf, name));
        if (!file) return;
        await file.handle.close();
        index.set(file.facts);
      }),
    );
  }
  return index;
}

/** S3 user guide, "General purpose bucket naming rules". The name becomes a directory: nothing else may pass. */
function checkBucketName(name: string): void {
  const isValid = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
  if (!isValid || /^\d+\.\d+\.\d+\.\d+$/.test(name)) {
    throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', {
      BucketName: name,
    });
  }
}

function alreadyOwned(name: string): S3Error {
  return new S3Error(
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    { BucketName: name },
  );
}
