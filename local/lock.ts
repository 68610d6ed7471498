import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes a lock that only one process of this machine can have, and that the kernel gives back when its holder dies,
 * however it dies: the exclusive transaction of an empty SQLite file. Call the result to give it back.
 * `undefined` when another one had it for the whole of `waitMs`.
 */
export async function takeLock(file: string, waitMs: number): Promise<(() => void) | undefined> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + waitMs;
  for (;;) {
    const database = lockedDatabase(file);
    if (database !== undefined) return hold(database);
    if (Date.now() >= deadline) return undefined;
    await sleep(POLL_MS);
  }
}

const POLL_MS = 100;
/** SQLITE_BUSY, https://sqlite.org/rescode.html */
const BUSY = 5;

/** A handle that nobody refers to is closed by the garbage collector, and the lock with it. */
const held = new Set<DatabaseSync>();

function hold(database: DatabaseSync): () => void {
  held.add(database);
  return () => {
    if (held.delete(database)) database.close();
  };
}

function lockedDatabase(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw error;
  }
}
