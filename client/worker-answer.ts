import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Temporal } from '../adapters/temporal/connection.ts';
import { callTemporal } from '../adapters/temporal/errors.ts';
import { Problem } from './problem.ts';
import { ourCommand } from './spoken-commands.ts';

const ANSWER_TIMEOUT_MS = 20_000;

/**
 * A query and an update wait for a worker: somebody who waits for them must be told. A workflow that is not there, and an update that was refused,
 * come out as they are. `what` is a phrase: `the question "held:articles"`; `list` is the verb that shows what became of a decision.
 */
export async function workerAnswer<Result>(
  { connection }: Pick<Temporal, 'connection'>,
  { what, list }: { readonly what: string; readonly list: string },
  call: () => Promise<Result>,
): Promise<Result> {
  const startedMs = Date.now();
  try {
    return await connection.withDeadline(startedMs + ANSWER_TIMEOUT_MS, call);
  } catch (error) {
    if (Date.now() - startedMs < ANSWER_TIMEOUT_MS - 1000)
      return isMeaningful(error)
        ? Promise.reject(error)
        : callTemporal(what, () => Promise.reject(error));
    throw new Problem(
      `No worker has answered for ${what} in ${ANSWER_TIMEOUT_MS / 1000} seconds.`,
      {
        failure: 'Unavailable',
        remedy: `Look whether a worker runs, then try again: a decision counts once. "${ourCommand(list)}" shows whether it was taken.`,
        cause: error,
      },
    );
  }
}

function isMeaningful(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError;
}
