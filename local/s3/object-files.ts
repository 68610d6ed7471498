import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checksum } from './checksums.ts';

/**
 * What is known of an object. In the file it stands behind the body, so that one rename makes both visible:
 * `<body><JSON of this><length of the JSON, 8 hex digits>WS3\n`.
 */
export interface ObjectFacts {
  readonly key: string;
  readonly sizeBytes: number;
  /** Without its quotes. */
  readonly etag: string;
  readonly lastModifiedMs: number;
  /** What GET answers again: content type and kin, and `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum?: Checksum & { readonly type: 'COMPOSITE' | 'FULL_OBJECT' };
  /** Only of objects from a multipart upload. */
  readonly partsCount?: number;
}

/** `sync`: on the disk before it is acknowledged. `none`: handed to the system, which survives a killed process only. */
export type Durability = 'sync' | 'none';

/** A file that is written, but not yet where anybody looks. */
export interface StagedFile {
  readonly path: string;
  readonly facts: ObjectFacts;
}

export interface StageOptions {
  readonly scratch: string;
  readonly durability: Durability;
}

const FLUSH_BYTES = 1024 * 1024;

/**
 * Writes body and facts into a new scratch file. `describe` is asked for the facts when the body has ended.
 * If the body breaks off, nothing remains.
 */
export async function stageFile(
  pieces: AsyncIterable<Buffer>,
  describe: () => ObjectFacts,
  { scratch, durability }: StageOptions,
): Promise<StagedFile> {
  const path = join(scratch, randomUUID());
  let handle: FileHandle | undefined;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  try {
    for await (const piece of pieces) {
      waiting.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes < FLUSH_BYTES) continue;
      handle ??= await open(path, 'wx');
      await writeAll(handle, waiting);
      [waiting, waitingBytes] = [[], 0];
    }
    const facts = describe();
    handle ??= await open(path, 'wx');
    await writeAll(handle, [...waiting, footer(facts)]);
    if (durability === 'sync') await handle.sync();
    await handle.close();
    return { path, facts };
  } catch (error) {
    await handle?.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** Puts a staged file in its place, in one step. */
export async function commitFile(
  staged: StagedFile,
  path: string,
  durability: Durability,
): Promise<void> {
  await rename(staged.path, path);
  if (durability === 'sync') await syncDirectory(dirname(path));
}

/** Removes a file for good. A missing one is no error. */
export async function removeFile(path: string, durability: Durability): Promise<void> {
  await rm(path, { force: true });
  if (durability === 'sync') await syncDirectory(dirname(path));
}

/** Makes names that were added to or removed from a directory survive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** An object file, opened: it stays readable when it is replaced or removed meanwhile. Close the handle. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly facts: ObjectFacts;
}

/** Opens an object file and reads its facts; `undefined` if there is none. */
export async function openFile(path: string): Promise<OpenFile | undefined> {
  const handle = await openIfPresent(path);
  if (!handle) return undefined;
  try {
    return { handle, facts: await readFacts(handle, path) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const FOOTER_BYTES = 12;
const MAGIC = 'WS3\n';
const TAIL_BYTES = 4096;

async function readFacts(handle: FileHandle, path: string): Promise<ObjectFacts> {
  const { size } = await handle.stat();
  const tail = await readAt(handle, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES));
  const end = tail.toString('latin1', Math.max(0, tail.length - FOOTER_BYTES));
  const length = Number.parseInt(end.slice(0, 8), 16);
  if (!end.endsWith(MAGIC) || Number.isNaN(length) || length + FOOTER_BYTES > size) {
    throw new Error(`The object file "${path}" is damaged. Remove it, then start again.`);
  }
  const json =
    length + FOOTER_BYTES <= tail.length
      ? tail.subarray(tail.length - FOOTER_BYTES - length, tail.length - FOOTER_BYTES)
      : await readAt(handle, size - FOOTER_BYTES - length, length);
  return JSON.parse(json.toString('utf8')) as ObjectFacts;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function footer(facts: ObjectFacts): Buffer {
  const json = Buffer.from(JSON.stringify(facts));
  return Buffer.concat([json, Buffer.from(json.length.toString(16).padStart(8, '0') + MAGIC)]);
}

async function writeAll(handle: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  const whole = Buffer.concat(pieces);
  let written = 0;
  while (written < whole.length) {
    const { bytesWritten } = await handle.write(whole, written);
    written += bytesWritten;
  }
}
