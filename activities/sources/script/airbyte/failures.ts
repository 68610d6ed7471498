import { failure, type FailureName } from '../../../../workflows/failures.ts';
import { exitDetails } from '../exit.ts';
import type { MessageOf } from './messages.ts';

type Trace = MessageOf<'TRACE'>['trace'];

/** What a source says of its own failure (protocol, "AirbyteErrorTraceMessage"). */
const TRACE_FAILURES = {
  config_error: 'InvalidConfig',
  transient_error: 'SourceUnavailable',
  system_error: 'ScriptError',
} as const satisfies Record<string, FailureName>;

/** The failure of a TRACE of type ERROR. `exit` is what the exit code meant, for the details. `redact` takes secrets out of its words. */
export function traceFailure(
  error: NonNullable<Trace['error']>,
  exit: unknown,
  redact: (text: string) => string,
): Error {
  const said = redact(error.message).replaceAll(/\s+/gu, ' ').trim().slice(0, 500);
  return failure(
    TRACE_FAILURES[error.failure_type],
    `The Airbyte source reports a ${error.failure_type}: "${said}".`,
    { details: { failureType: error.failure_type, ...exitDetails(exit) } },
  );
}

/** A source wants other settings, such as a token that it renewed. The definition is the owner's: nothing is changed behind their back. */
export function controlFailure(control: MessageOf<'CONTROL'>['control']): Error {
  const names = Object.keys(control.connectorConfig?.config ?? {})
    .slice(0, 20)
    .map((name) => `"${name.slice(0, 100)}"`);
  return failure(
    'InvalidConfig',
    `The Airbyte source asks for other settings (CONTROL) with ${names.join(', ') || 'no names'}. They were not taken: look what it renewed, and put it where "settings" and "secretSettings" take it from.`,
  );
}

/** The source waits for a quota: with a checkpoint stored, the wait is a timer of the workflow and no program has to run meanwhile. */
export function rateLimited(stream: string, retryAfterMs: number): Error {
  return failure(
    'RateLimited',
    `The Airbyte source waits for the quota of the stream "${stream.slice(0, 100)}" and asks to wait ${Math.ceil(retryAfterMs / 1000)} seconds. The next attempt honours that.`,
    { retryAfterMs },
  );
}
