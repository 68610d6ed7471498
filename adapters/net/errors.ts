import { ApplicationFailure } from '@temporalio/common';
import { failure, isFailureName } from '../../workflows/failures.ts';

/** The one mapping of network errors to our failures. `place` is the host, or the address without its query. */
export function netFailure(error: unknown, place: string): ApplicationFailure {
  const own = ownFailure(error);
  if (own) return own;
  const code = codeOf(error);
  const [name, says] = OTHER_CODES.get(code) ?? ['SourceUnavailable', TRANSIENT.get(code)];
  return failure(
    name,
    says === undefined
      ? `"${place}" could not be read: the connection failed with "${code}". The next attempt asks again.`
      : `"${place}" ${says}`,
    { cause: error, details: { code } },
  );
}

/** A failure of ours, for example the guard's, comes back wrapped by the client: the wrapper says nothing more. */
function ownFailure(error: unknown): ApplicationFailure | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof ApplicationFailure && isFailureName(at.type)) return at;
  }
  return undefined;
}

function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    if (at instanceof AggregateError && at.errors.length > 0) return codeOf(at.errors[0]);
    if (at.name === 'TimeoutError') return at.name;
  }
  return error instanceof Error ? error.name : 'unknown error';
}

const LATER = 'The next attempt asks again.';

const TRANSIENT: ReadonlyMap<string, string> = new Map([
  ['EAI_AGAIN', `has no answer from the name server. ${LATER}`],
  ['ENOTFOUND', `has no address in DNS. Look at the spelling of the host. ${LATER}`],
  ['ECONNREFUSED', `refused the connection. ${LATER}`],
  ['ECONNRESET', `closed the connection. ${LATER}`],
  ['UND_ERR_SOCKET', `closed the connection in the middle of its answer. ${LATER}`],
  ['Z_BUF_ERROR', `ended its compressed answer too early. ${LATER}`],
  ['TimeoutError', `did not finish its answer in time. ${LATER}`],
  ['UND_ERR_CONNECT_TIMEOUT', `did not accept a connection in time. ${LATER}`],
  ['UND_ERR_HEADERS_TIMEOUT', `accepted the connection but did not answer in time. ${LATER}`],
  ['UND_ERR_BODY_TIMEOUT', `stopped in the middle of its answer. ${LATER}`],
]);

const OTHER_CODES: ReadonlyMap<string, readonly ['InvalidDocument' | 'InvalidConfig', string]> =
  new Map([
    [
      'UND_ERR_INVALID_ARG',
      [
        'InvalidConfig',
        'was not asked: a header of the request holds what no header may, such as a line end. Mend "headers", or the secret behind one of them.',
      ],
    ],
    [
      'UND_ERR_HEADERS_OVERFLOW',
      ['InvalidDocument', 'answers with headers above 32 KB. Ask its owner to mend that.'],
    ],
    [
      'Z_DATA_ERROR',
      [
        'InvalidDocument',
        'sends a body that its own Content-Encoding cannot unpack. Ask its owner to mend that.',
      ],
    ],
  ]);
