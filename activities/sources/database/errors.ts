import { failure, isFailureName, type FailureName } from '../../../workflows/failures.ts';

export type Classified = readonly [FailureName, string] | undefined;

/** Codes of Node's network layer and TLS, the same for every driver. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ETIMEDOUT: 'did not answer in time',
  ENOTFOUND: 'has a host name that no name server knows',
  EAI_AGAIN: 'has a host name that could not be looked up now',
  EHOSTUNREACH: 'cannot be reached over the network',
  ENETUNREACH: 'cannot be reached over the network',
};

const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_)/u;

/**
 * The one way from a driver's error to ours. `classify` knows the codes of one dialect; `label` says where without a secret.
 * An abort keeps its own reason, so that a cancellation never looks like a broken source.
 */
export function databaseFailure(
  error: unknown,
  label: string,
  signal: AbortSignal,
  classify: (error: DriverError) => Classified,
): unknown {
  if (signal.aborted) return signal.reason;
  if (isOurs(error)) return error;
  const driver = error as DriverError;
  const [name, what] = classify(driver) ?? network(driver) ?? unknown(driver);
  return failure(name, `Database "${label}" ${what}`, { cause: error });
}

export interface DriverError {
  readonly code?: string;
  readonly message?: string;
  readonly errno?: number;
  readonly errcode?: number;
  readonly errors?: readonly DriverError[];
}

function network(error: DriverError): Classified {
  // Node tries every address of a name and reports all of their errors in one.
  const code = error.code ?? error.errors?.[0]?.code ?? '';
  const what = NETWORK[code];
  if (what !== undefined) return ['SourceUnavailable', `${what}.`];
  return CERTIFICATE.test(code)
    ? [
        'InvalidConfig',
        `shows a certificate that is not trusted (${code}). Name its authority in "sslrootcert" of the URL.`,
      ]
    : undefined;
}

/** A lost connection often has no code at all. The next attempt resumes from the last checkpoint. */
function unknown(error: DriverError): readonly [FailureName, string] {
  return ['SourceUnavailable', `broke off: ${error.code ?? error.message ?? 'no reason given'}.`];
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && 'type' in error && isFailureName(error.type);
}

export function typeOfFailure(error: unknown): FailureName | undefined {
  return error instanceof Error && 'type' in error && isFailureName(error.type)
    ? error.type
    : undefined;
}

/** The result of `work`, or at once the reason of an abort. Leaves no listener behind. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
