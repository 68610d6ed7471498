import { failure } from '../../workflows/failures.ts';
import type { Database } from './database.ts';
import { lastRun, type SourceReference } from './source-state.ts';

/** Somebody may begin a run between the look and the lock; it takes a few of them in a row to be a problem. */
const LOOKS = 5;
const RETRY_MS = 5000;

/**
 * Does something to the documents of a source while no run collects it: a run that begins meanwhile waits at its claim, and an attempt of an
 * ended run that still lives can no longer commit. `work` uses `db` as ever and takes seconds, never more than the minute that a
 * transaction may rest.
 * @throws Conflict - a run is under way; retried.
 */
export async function whileSourceRests<Result>(
  db: Database,
  { tenant, source }: SourceReference,
  {
    isRunning,
    work,
  }: {
    readonly isRunning: (run: string) => Promise<boolean>;
    /** Is given the last run of the source. */
    readonly work: (run: string | null) => Promise<Result>;
  },
): Promise<Result> {
  for (let look = 0; look < LOOKS; look += 1) {
    const run = await lastRun(db, { tenant, source });
    if (run !== null && (await isRunning(run))) throw underWay(source, run);
    const done = await db.transaction().execute(async (tx) => {
      const locked = await tx
        .updateTable('source_state')
        .set((eb) => ({ fence: eb('fence', '+', 1) }))
        .where('tenant', '=', tenant)
        .where('source', '=', source)
        .where('run', 'is not distinct from', run)
        .executeTakeFirst();
      if (locked.numUpdatedRows === 0n && run !== null) return undefined;
      return { result: await work(run) };
    });
    if (done) return done.result;
  }
  throw underWay(source, 'a new one');
}

/** @throws Conflict - a run is under way; retried. One may begin right after it. */
export async function requireRest(
  db: Database,
  reference: SourceReference,
  isRunning: (run: string) => Promise<boolean>,
): Promise<void> {
  const run = await lastRun(db, reference);
  if (run !== null && (await isRunning(run))) throw underWay(reference.source, run);
}

function underWay(source: string, run: string): Error {
  return failure(
    'Conflict',
    `Source "${source}" is being collected by run "${run}". What was decided is carried out when it has ended.`,
    { retryAfterMs: RETRY_MS },
  );
}
