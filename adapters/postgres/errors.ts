import type { ApplicationFailure } from '@temporalio/common';
import { failure } from '../../workflows/failures.ts';

/** Classes of SQLSTATE (PostgreSQL manual, appendix A) that pass: connection, resources, operator intervention, rollback, system. */
const PASSING = /^(08|53|57|40|58)/;
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** An error of our own database in our words; undefined for what is none of its errors. */
export function databaseFailure(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (error instanceof AggregateError)
    return error.errors.map(databaseFailure).find((found) => found !== undefined);
  const lost =
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      error.message,
    );
  if (lost || (typeof code === 'string' && (NETWORK.has(code) || PASSING.test(code)))) {
    return failure(
      'Unavailable',
      'The database of Wellspring did not answer. Look at WELLSPRING_DATABASE_URL and at the server.',
      { cause: error, platform: true },
    );
  }
  if (code === '28P01' || code === '28000') {
    return failure(
      'AccessDenied',
      'The database of Wellspring refused the credentials. Mend WELLSPRING_DATABASE_URL.',
      { cause: error, platform: true },
    );
  }
  return undefined;
}
