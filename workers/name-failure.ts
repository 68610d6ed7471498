import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { awsFailure } from '../adapters/aws/errors.ts';
import { hostFailure } from '../adapters/host-failure.ts';
import { databaseFailure } from '../adapters/postgres/errors.ts';
import { temporalFailure } from '../adapters/temporal/errors.ts';
import { failure, isFailureName } from '../workflows/failures.ts';

/** What is known of the attempt that threw. */
export interface FailedAttempt {
  readonly activity: string;
  /** From 1 on. */
  readonly attempt: number;
  /** The activity was asked to stop. */
  readonly cancelled: boolean;
}

/** A bug is tried again twice: it may come from a state that passes. Then it is loud. */
const DEFECT_ATTEMPTS = 3;
/** A message ends in history, in a row and on a screen. */
const MAX_MESSAGE = 2000;

/**
 * Whatever was thrown as a failure with one of our names, or as the cancellation that it is. Adapters name the errors of their SDKs where they
 * know what was asked; this is the net below them: an error of AWS, of the Temporal client or of our database that came through is named
 * by the same functions, and everything else is a defect.
 */
export function nameFailure(error: unknown, attempt: FailedAttempt): Error {
  if (isCancellation(error, attempt)) return error;
  if (error instanceof ApplicationFailure && isFailureName(error.type))
    return error.type === 'Defect' ? bounded(error, attempt) : error;
  return ofSdk(error, attempt) ?? bounded(defect(error, attempt), attempt);
}

function ofSdk(error: unknown, { activity }: FailedAttempt): ApplicationFailure | undefined {
  if (isAwsError(error)) return awsFailure(error, { operation: activity, resource: 'AWS' });
  return (
    temporalFailure(error, `what "${activity}" asked for`) ??
    databaseFailure(error) ??
    hostFailure(error)
  );
}

/** Every error of an AWS client carries one of them: Smithy's ServiceException, and the middleware's own. */
function isAwsError(error: unknown): boolean {
  return error instanceof Error && ('$metadata' in error || '$fault' in error);
}

/** An abort counts as one only when the activity itself was cancelled: code also aborts for reasons of its own. */
function isCancellation(error: unknown, { cancelled }: FailedAttempt): error is Error {
  if (error instanceof CancelledFailure) return true;
  return error instanceof Error && error.name === 'AbortError' && cancelled;
}

function defect(error: unknown, { activity }: FailedAttempt): ApplicationFailure {
  const message = error instanceof Error ? error.message : String(error);
  return failure('Defect', `"${activity}" broke: ${message.slice(0, MAX_MESSAGE)}`, {
    cause: error,
  });
}

function bounded(made: ApplicationFailure, { attempt }: FailedAttempt): ApplicationFailure {
  if (attempt < DEFECT_ATTEMPTS) return made;
  const { message, details, cause } = made;
  return ApplicationFailure.create({
    message,
    type: 'Defect',
    nonRetryable: true,
    ...(details ? { details } : {}),
    ...(cause ? { cause } : {}),
  });
}
