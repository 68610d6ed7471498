import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';

/** Small records by id, each in a file of its own: a kill leaves either the old record or the new one. */
export interface Records<T extends { readonly id: string }> {
  get(id: string): T | undefined;
  all(): readonly T[];
  /** Written before this returns. */
  put(record: T): T;
  remove(id: string): void;
}

/** Reads every record of `directory`, which is created when it is missing. A record that breaks `shape` throws. */
export function openRecords<T extends { readonly id: string }>(
  directory: string,
  shape: z.ZodType<T>,
): Records<T> {
  mkdirSync(directory, { recursive: true });
  const records = new Map(readAll(directory, shape).map((record) => [record.id, record]));
  return {
    get: (id) => records.get(id),
    all: () => [...records.values()],
    put(record) {
      writeAtomically(join(directory, `${record.id}.json`), JSON.stringify(record));
      records.set(record.id, record);
      return record;
    },
    remove(id) {
      records.delete(id);
      rmSync(join(directory, `${id}.json`), { force: true });
    },
  };
}

/** The file has either its old or its new content, whenever the process dies. */
export function writeAtomically(path: string, content: string): void {
  const draft = `${path}.draft`;
  writeFileSync(draft, content);
  renameSync(draft, path);
}

function readAll<T>(directory: string, shape: z.ZodType<T>): T[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readRecord(join(directory, name), shape));
}

function readRecord<T>(path: string, shape: z.ZodType<T>): T {
  try {
    return shape.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(
      `State file "${path}" of the embedded Bedrock server cannot be read. Delete it, or the whole folder.`,
      { cause: error },
    );
  }
}
