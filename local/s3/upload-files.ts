import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChecksumAlgorithm } from './checksums.ts';
import {
  commitFile,
  openFile,
  syncDirectory,
  type Durability,
  type ObjectFacts,
  type StagedFile,
} from './object-files.ts';
import { S3Error } from './s3-error.ts';

/** What a multipart upload was begun with. */
export interface UploadFacts {
  readonly uploadId: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: {
    readonly algorithm: ChecksumAlgorithm;
    readonly type: 'COMPOSITE' | 'FULL_OBJECT';
  };
}

/** A stored part. */
export interface UploadPart {
  readonly partNumber: number;
  readonly path: string;
  readonly facts: ObjectFacts;
}

const FACTS_FILE = 'upload.json';

/** Begins an upload: a directory of its own, complete before it gets its name. */
export async function createUpload(
  uploads: string,
  facts: Omit<UploadFacts, 'uploadId'>,
  durability: Durability,
): Promise<UploadFacts> {
  const upload = { ...facts, uploadId: randomBytes(24).toString('hex') };
  const unfinished = join(uploads, `.${upload.uploadId}`);
  await mkdir(unfinished);
  await writeFile(join(unfinished, FACTS_FILE), JSON.stringify(upload), {
    flush: durability === 'sync',
  });
  await rename(unfinished, join(uploads, upload.uploadId));
  if (durability === 'sync') await syncDirectory(uploads);
  return upload;
}

/**
 * The upload with this id, for this key.
 * @throws NoSuchUpload
 */
export async function readUpload(
  uploads: string,
  uploadId: string,
  key: string,
): Promise<UploadFacts> {
  const upload = isUploadId(uploadId) ? await readFacts(join(uploads, uploadId)) : undefined;
  if (upload?.key === key) return upload;
  throw new S3Error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: uploadId },
  );
}

/** Every upload that was begun and neither completed nor aborted, in no order. */
export async function readUploads(uploads: string): Promise<readonly UploadFacts[]> {
  const names = (await readdir(uploads)).filter(isUploadId);
  const found = await Promise.all(names.map((name) => readFacts(join(uploads, name))));
  return found.filter((one) => one !== undefined);
}

/** Puts a staged part in its place; an earlier part of the same number is replaced. */
export async function commitPart(
  uploads: string,
  { uploadId, partNumber }: { readonly uploadId: string; readonly partNumber: number },
  { staged, durability }: { readonly staged: StagedFile; readonly durability: Durability },
): Promise<void> {
  await commitFile(staged, join(uploads, uploadId, partName(partNumber)), durability);
}

/** The stored parts by number. */
export async function readParts(uploads: string, uploadId: string): Promise<readonly UploadPart[]> {
  const directory = join(uploads, uploadId);
  const names = (await readdir(directory)).filter((name) => name.startsWith('part-'));
  const parts = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const file = await openFile(path);
      await file?.handle.close();
      return file && { partNumber: Number(name.slice('part-'.length)), path, facts: file.facts };
    }),
  );
  return parts.filter((one) => one !== undefined).toSorted((a, b) => a.partNumber - b.partNumber);
}

/** Forgets an upload and its parts: its name goes first, so that a crash leaves no half of it in sight. */
export async function removeUpload(
  uploads: string,
  uploadId: string,
  durability: Durability,
): Promise<void> {
  const unnamed = join(uploads, `.${uploadId}`);
  await rename(join(uploads, uploadId), unnamed);
  if (durability === 'sync') await syncDirectory(uploads);
  await rm(unnamed, { recursive: true, force: true });
}

/** Clears what a crash left of uploads that were begun or forgotten. */
export async function clearRemains(uploads: string): Promise<void> {
  const remains = (await readdir(uploads)).filter((name) => name.startsWith('.'));
  await Promise.all(
    remains.map((name) => rm(join(uploads, name), { recursive: true, force: true })),
  );
}

/** Ids come from outside and become directory names: nothing but ours may pass. */
function isUploadId(name: string): boolean {
  return /^[0-9a-f]{48}$/.test(name);
}

function partName(partNumber: number): string {
  return `part-${String(partNumber).padStart(5, '0')}`;
}

async function readFacts(directory: string): Promise<UploadFacts | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, FACTS_FILE), 'utf8')) as UploadFacts;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
