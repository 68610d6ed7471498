import { isGrpcServiceError, ScheduleNotFoundError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { failure, type FailureName } from '../../workflows/failures.ts';

/** Runs one call of the Temporal client and lets only our failures out. `what` is a phrase: `schedule "source:docs"`. */
export async function callTemporal<Answer>(
  what: string,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw temporalFailure(error, what) ?? error;
  }
}

/** The failure of ours that an error of the Temporal client means; undefined for what is none of its errors. */
export function temporalFailure(error: unknown, what: string): ApplicationFailure | undefined {
  if (error instanceof ScheduleNotFoundError) return notFound(what, error);
  const status = grpcStatus(error);
  if (!status) return undefined;
  const { name, sentence } = STATUSES.get(status.code) ?? UNKNOWN;
  const text = `${sentence(what)} Temporal said "${status.details.replaceAll('"', "'").slice(0, 200)}".`;
  return failure(name, text, { cause: error, platform: true });
}

function notFound(what: string, cause: unknown): ApplicationFailure {
  return failure(
    'NotFound',
    `Temporal has no ${what}. Run "npm run cli -- apply" to make the schedules again.`,
    { cause, platform: true },
  );
}

interface GrpcStatus {
  readonly code: number;
  readonly details: string;
}

/** The client wraps some gRPC errors in errors of its own. */
function grpcStatus(error: unknown): GrpcStatus | undefined {
  if (isGrpcServiceError(error)) return { code: error.code, details: error.details };
  return error instanceof Error && error.cause !== undefined ? grpcStatus(error.cause) : undefined;
}

interface Meaning {
  readonly name: FailureName;
  readonly sentence: (what: string) => string;
}

const UNKNOWN: Meaning = {
  name: 'Unavailable',
  sentence: (what) => `Temporal did not do what was asked about ${what}.`,
};

/** gRPC status codes: https://grpc.io/docs/guides/status-codes/ */
const STATUSES: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  [
    3,
    { name: 'InvalidConfig', sentence: (what) => `Temporal refuses ${what}. Mend its definition.` },
  ],
  [5, { name: 'NotFound', sentence: (what) => `Temporal has no ${what}, or no such namespace.` }],
  [7, { name: 'AccessDenied', sentence: (what) => `Temporal forbids access to ${what}.` }],
  [8, { name: 'Throttled', sentence: (what) => `Temporal asks to slow down, for ${what}.` }],
  [
    14,
    {
      name: 'Unavailable',
      sentence: () => 'Temporal does not answer. Look at TEMPORAL_ADDRESS and at the server.',
    },
  ],
  [16, { name: 'AuthExpired', sentence: () => 'Temporal refuses our credentials. Renew them.' }],
]);
