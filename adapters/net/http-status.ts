import type { FailureName } from '../../workflows/failures.ts';

/** What a status means for one document and for its site. */
export type StatusMeaning =
  | { readonly kind: 'ok' }
  | { readonly kind: 'not-modified' }
  | { readonly kind: 'gone'; readonly why: string }
  | { readonly kind: 'failed'; readonly failure: FailureName };

export interface StatusFacts {
  /** Did the request carry credentials? */
  readonly credentials: boolean;
  /** Did the answer have a readable `Retry-After`? */
  readonly retryAfter: boolean;
}

/** The one table from HTTP status to meaning; redirects were followed before. */
export function meaningOf(status: number, { credentials, retryAfter }: StatusFacts): StatusMeaning {
  if (status >= 200 && status < 300) return { kind: 'ok' };
  const why = GONE.get(status);
  if (why !== undefined) return { kind: 'gone', why };
  switch (status) {
    case 304:
      return { kind: 'not-modified' };
    case 401:
      return { kind: 'failed', failure: 'AuthExpired' };
    case 403:
      return { kind: 'failed', failure: credentials ? 'AccessDenied' : 'Blocked' };
    case 429:
      return { kind: 'failed', failure: 'RateLimited' };
    case 503:
      return { kind: 'failed', failure: retryAfter ? 'RateLimited' : 'SourceUnavailable' };
    default:
      return {
        kind: 'failed',
        failure: isTransient(status) ? 'SourceUnavailable' : 'InvalidDocument',
      };
  }
}

const GONE: ReadonlyMap<number, string> = new Map([
  [404, 'The site answered 404.'],
  [410, 'The site answered 410.'],
  [451, 'The site answered 451: unavailable for legal reasons.'],
]);

function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status >= 500;
}
