import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { endGroup, isSameProcess } from './process-group.ts';
import { findProcess } from './process-table.ts';

/**
 * Who was started, kept in the state folder as `<name>.json`, so that the next start can end what a crash left:
 * the net below the guard, for the case that both died.
 */
const PidRecord = z.strictObject({
  pid: z.int().positive(),
  startedAt: z.string().min(1),
  /** A word of its command line, such as `postgres`. */
  program: z.string().min(1),
  signal: z.enum(['SIGINT', 'SIGTERM']),
  graceMs: z.int().nonnegative(),
  launcher: z.strictObject({ pid: z.int().positive(), startedAt: z.string() }),
});
export type PidRecord = z.infer<typeof PidRecord>;

/** Writes the record at once, so that no crash between spawn and record goes unnoticed. */
export function writeRecord(
  folder: string,
  name: string,
  record: Omit<PidRecord, 'launcher'>,
): void {
  mkdirSync(folder, { recursive: true });
  const launcher = { pid: process.pid, startedAt: findProcess(process.pid)?.startedAt ?? '' };
  const temporary = join(folder, `.${name}.${process.pid}`);
  writeFileSync(temporary, JSON.stringify({ ...record, launcher }), { mode: 0o600 });
  renameSync(temporary, recordFile(folder, name));
}

/** Removes the record of a process that has ended. */
export function removeRecord(folder: string, name: string): void {
  rmSync(recordFile(folder, name), { force: true });
}

/**
 * Ends what earlier launchers left running and returns the names that it ended. A record whose process is gone, or
 * whose pid now belongs to another program, is only removed.
 * @throws Error - the launcher of one is alive: two systems may not share a state folder.
 */
export async function endLeftovers(folder: string): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const name of recordNames(folder)) if (await endLeftover(folder, name)) ended.push(name);
  return ended;
}

/** The same for one name. Answers whether a process was ended. */
export async function endLeftover(folder: string, name: string): Promise<boolean> {
  const record = readRecord(folder, name);
  const alive = record !== undefined && isOurs(record);
  if (alive) {
    refuseIfOwned(folder, name, record);
    await endGroup(record.pid, record);
  }
  removeRecord(folder, name);
  return alive;
}

function recordNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).flatMap((file) => /^([^.].*)\.json$/.exec(file)?.[1] ?? []);
  } catch {
    return [];
  }
}

function readRecord(folder: string, name: string): PidRecord | undefined {
  try {
    return PidRecord.parse(JSON.parse(readFileSync(recordFile(folder, name), 'utf8')));
  } catch {
    // A torn or foreign file says nothing that may be acted on.
    return undefined;
  }
}

function isOurs({ pid, startedAt, program }: PidRecord): boolean {
  const found = findProcess(pid);
  return found !== undefined && found.startedAt === startedAt && found.command.includes(program);
}

function refuseIfOwned(folder: string, name: string, { pid, launcher }: PidRecord): void {
  if (!isSameProcess(launcher.pid, launcher.startedAt)) return;
  throw new Error(
    `"${name}" already runs as process ${pid}, started by process ${launcher.pid} with the state folder "${folder}". ` +
      `Stop that one first, or use another folder.`,
  );
}

function recordFile(folder: string, name: string): string {
  return join(folder, `${name}.json`);
}
