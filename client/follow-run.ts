import { setTimeout as sleep } from 'node:timers/promises';
import { callTemporal } from '../adapters/temporal/errors.ts';
import type { Temporal } from '../adapters/temporal/connection.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { readRun, type RunReport } from '../adapters/postgres/reports.ts';
import { pendingAttempt, type PendingAttempt } from './pending-attempt.ts';
import { tookTime } from './relative-time.ts';
import { countsText } from './run-text.ts';
import type { Terminal } from './terminal.ts';
import { clean } from './text.ts';

export interface FollowInput {
  readonly db: Database;
  readonly temporal: Temporal;
  readonly terminal: Terminal;
  readonly source: string;
  /** The run's id. */
  readonly workflowId: string;
}

/** How the wait ended. */
export type Followed =
  | { readonly outcome: 'ended'; readonly run: RunReport }
  /** The person typed Ctrl-C; the run goes on. */
  | { readonly outcome: 'left' };

const LOOK_EVERY_MS = 300;
/** Workers take a run within moments; after this long the line says what may be wrong. */
const PATIENCE_MS = 10_000;

/**
 * Waits until a run ends and shows its progress from its row, which every stored batch updates.
 * @throws the failure of a run that ended before it had a row.
 */
export async function followRun(input: FollowInput): Promise<Followed> {
  const { db, temporal, workflowId, terminal } = input;
  const leaving = new AbortController();
  const leave = (): void => leaving.abort();
  process.once('SIGINT', leave);
  const result = callTemporal(`workflow "${workflowId}"`, () =>
    temporal.client.workflow.getHandle(workflowId).result(),
  );
  const settled = result.then(
    () => true,
    () => true,
  );
  try {
    await showProgress(input, settled, leaving.signal);
    if (leaving.signal.aborted) return { outcome: 'left' };
    const run = await readRun(db, workflowId);
    // A failed run has its row, which says more than the error of its workflow.
    if (run?.finishedAt) return { outcome: 'ended', run };
    await result;
    throw new Error(
      `Run "${workflowId}" left no trace in the database. Look at it in the Temporal Web UI.`,
    );
  } finally {
    process.removeListener('SIGINT', leave);
    terminal.settle();
  }
}

async function showProgress(
  input: FollowInput,
  settled: Promise<boolean>,
  leaving: AbortSignal,
): Promise<void> {
  const { db, terminal, source, workflowId, temporal } = input;
  const startMs = Date.now();
  let retry: PendingAttempt | undefined;
  for (let look = 1; ; look += 1) {
    const pause = sleep(LOOK_EVERY_MS, false, { signal: leaving }).catch(() => true);
    if (await Promise.race([settled, pause])) return;
    const run = await readRun(db, workflowId);
    if (look % LOOKS_A_REASON === 0) {
      const pending = await pendingAttempt(temporal, workflowId);
      if (pending && pending.failure !== retry?.failure) terminal.notice(reasonText(pending));
      retry = pending;
    }
    const elapsedMs = Date.now() - startMs;
    const again = retry ? `, attempt ${retry.attempt}` : '';
    terminal.progress(
      `… ${source}  ${stateText(run, elapsedMs)}${again}`,
      `  ${tookTime(elapsedMs)}`,
    );
  }
}

/** Asking Temporal costs more than asking the row. */
const LOOKS_A_REASON = 10;

function reasonText({ failure }: PendingAttempt): string {
  return `An attempt failed, and the run tries again. ${clean(failure)}`;
}

function stateText(run: RunReport | undefined, elapsedMs: number): string {
  if (run) return `${run.phase}: ${countsText(run)}`;
  return elapsedMs < PATIENCE_MS
    ? 'waits for a worker'
    : 'still waits for a worker: look whether one runs (Ctrl-C leaves the run waiting)';
}
