import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { WorkflowFailedError } from '@temporalio/client';
import { databaseFailure } from '../adapters/postgres/errors.ts';
import { FAILURES, isFailureName } from '../workflows/failures.ts';
import { Problem } from './problem.ts';

/** Any error as a problem that a person can act on. Loaded only when something went wrong: it needs the SDKs. */
export function explain(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const failed = applicationFailure(error) ?? applicationFailure(databaseFailure(error));
  if (failed) return ofFailure(failed);
  if (isMissingTable(error)) return missingTables(error);
  if (error instanceof WorkflowFailedError) return endedWorkflow(error);
  const text = error instanceof Error ? error.message : String(error);
  // A sentence of ours needs nothing more; whatever else comes here is a bug, and its stack helps to mend it.
  if (isSentence(text) && error instanceof Error && error.constructor === Error)
    return new Problem(text, { cause: error });
  const stack =
    error instanceof Error
      ? (error.stack ?? '')
          .split('\n')
          .slice(1, 4)
          .map((line) => line.trim())
          .join(' ')
      : '';
  return new Problem(`${text}${isSentence(text) ? '' : '.'} ${stack}`.trim(), {
    failure: 'Defect',
    remedy: 'This is a bug of Wellspring. Report it with this text.',
    cause: error,
  });
}

/** A failure of a run or of an inspection travels inside the errors of its workflow and activity. */
function applicationFailure(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  const isEnvelope = error instanceof WorkflowFailedError || error instanceof ActivityFailure;
  return isEnvelope ? applicationFailure(error.cause) : undefined;
}

function ofFailure(failed: ApplicationFailure): Problem {
  const { type, message } = failed;
  if (!isFailureName(type)) {
    return new Problem(message, {
      failure: 'Defect',
      remedy: FAILURES.Defect.remedy,
      cause: failed,
    });
  }
  return new Problem(message, { failure: type, remedy: FAILURES[type].remedy, cause: failed });
}

function endedWorkflow(error: WorkflowFailedError): Problem {
  const timedOut = error.cause instanceof TimeoutFailure || error.cause instanceof ActivityFailure;
  return new Problem(
    timedOut
      ? 'No worker finished this in time. Look whether workers run, and at the workflow in the Temporal Web UI.'
      : 'The workflow was cancelled or terminated before it had a result. Start it again.',
    { failure: 'Unavailable', cause: error },
  );
}

/** SQLSTATE 42P01, undefined_table: PostgreSQL manual, appendix A. */
function isMissingTable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42P01';
}

function missingTables(cause: unknown): Problem {
  return new Problem('The database has no tables of Wellspring yet.', {
    failure: 'NotFound',
    remedy: 'Run "npm run cli -- migrate", or start a worker, which does the same.',
    cause,
  });
}

function isSentence(text: string): boolean {
  return /[.?]$/.test(text);
}
