import { inspect } from 'node:util';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { mapTexts } from '../../adapters/definitions/map-texts.ts';

/**
 * The same failure without secrets: failures end in history and logs. The causes of a failure of ours are left out; any other error that
 * shows a secret anywhere is replaced by one with the redacted message.
 */
export function withoutSecrets(error: unknown, redact: (text: string) => string): unknown {
  if (error instanceof CancelledFailure) return error;
  if (error instanceof ApplicationFailure) return cleanFailure(error, redact);
  const shown = inspect(error, { depth: 6, maxStringLength: 100_000 });
  if (redact(shown) === shown) return error;
  if (!(error instanceof Error)) return new Error(redact(String(error)));
  const clean = new Error(redact(error.message));
  clean.name = error.name;
  return clean;
}

function cleanFailure(
  { message, type, nonRetryable, details, nextRetryDelay }: ApplicationFailure,
  redact: (text: string) => string,
): ApplicationFailure {
  return ApplicationFailure.create({
    message: redact(message),
    ...(type ? { type } : {}),
    nonRetryable: nonRetryable ?? false,
    ...(details ? { details: details.map((detail) => mapTexts(detail, redact)) } : {}),
    ...(nextRetryDelay === undefined ? {} : { nextRetryDelay }),
  });
}
