import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { NamespaceNotFoundError, WorkflowFailedError } from '@temporalio/client';
import { databaseFailure } from '../adapters/postgres/errors.ts';
import { FAILURES, isFailureName, type FailureName } from '../workflows/failures.ts';
import { Problem } from './problem.ts';

/** Any error as a problem that a person can act on. Loaded only when something went wrong: it needs the SDKs. */
export function explain(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const failed = applicationFailure(error) ?? applicationFailure(databaseFailure(error));
  if (failed) return ofFailure(failed);
  if (isMissingTable(error)) return missingTables(error);
  if (error instanceof NamespaceNotFoundError) return missingNamespace(error);
  if (error instanceof WorkflowFailedError) return endedWorkflow(error);
  return isOurs(error) ? new Problem(error.message, { cause: error }) : bug(error);
}

/** A plain error with a whole sentence is one that we wrote. */
function isOurs(error: unknown): error is Error {
  return error instanceof Error && error.constructor === Error && /[.?]$/.test(error.message);
}

/** Whatever else comes here; its stack helps to mend it. */
function bug(error: unknown): Problem {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? '').match(/^ {4}at .*$/gm) : null;
  const where = (stack ?? []).slice(0, 3).map((line) => line.trim());
  return new Problem([text, ...where].join(' '), {
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
  return new Problem(message, { failure: type, remedy: remedyOf(type), cause: failed });
}

/** Workers try again by themselves; a command that was typed does not. */
function remedyOf(name: FailureName): string {
  const { retried, actor, remedy } = FAILURES[name];
  return retried && actor === 'nobody' ? 'Try again in a moment.' : remedy;
}

function missingNamespace({ namespace, cause }: NamespaceNotFoundError): Problem {
  return new Problem(`Temporal has no namespace "${namespace}".`, {
    failure: 'NotFound',
    remedy: 'Create it with "temporal operator namespace create", or mend TEMPORAL_NAMESPACE.',
    cause,
  });
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
