import { ApplicationFailure } from '@temporalio/common';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import { isLimitOfHost } from '../../../adapters/net/pace.ts';
import { retryAfterMs } from '../../../adapters/net/retry-after.ts';
import { failure, type FailureName } from '../../../workflows/failures.ts';
import type { Visit } from './frontier.ts';
import { placeOf } from './page-id.ts';
import type { Answer } from './session.ts';

/** What a failed visit means for the crawl. */
export type VisitFailure =
  /** This page alone: a dead letter. */
  | { readonly kind: 'page'; readonly failure: PageFailure; readonly detail: string }
  /** Perhaps only now: worth a second visit. */
  | { readonly kind: 'again' }
  /** A link that leads where nobody may go: not a page of this source. */
  | { readonly kind: 'skipped'; readonly detail: string }
  /** The site asks to wait: the page is visited again in the next attempt. `isTry`: it was this page that was asked for. */
  | { readonly kind: 'wait'; readonly error: ApplicationFailure; readonly isTry: boolean }
  /** Nothing more can be read now. */
  | { readonly kind: 'crawl'; readonly error: unknown };

type PageFailure = (typeof PAGE_FAILURES)[number];

/** Judges the error of a visit. `isOurs`: a seed or a stored document, held to more than a link that was found. */
export function visitFailure(error: unknown, visit: Visit, isOurs: boolean): VisitFailure {
  if (!(error instanceof ApplicationFailure)) return { kind: 'crawl', error };
  const { type, message: detail } = error;
  if (isLimitOfHost(error)) return { kind: 'wait', error, isTry: false };
  if (type === 'RateLimited' && visit.tries < MAX_WAITS)
    return { kind: 'wait', error, isTry: true };
  if (type === 'PolicyDenied' && !isOurs) return { kind: 'skipped', detail };
  if (type === 'SourceUnavailable' && visit.tries === 0) return { kind: 'again' };
  const name = PAGE_FAILURES.find((one) => one === type);
  return name === undefined ? { kind: 'crawl', error } : { kind: 'page', failure: name, detail };
}

/** What a page may do by itself. Everything else, a missing browser for example, is no page's fault. */
const PAGE_FAILURES = [
  'AccessDenied',
  'AuthExpired',
  'Blocked',
  'EmptyResult',
  'InvalidDocument',
  'PolicyDenied',
  'RateLimited',
  'SelectorMissing',
  'SourceUnavailable',
] as const satisfies readonly FailureName[];
/** A page that asks to wait after so many waits asks it of us alone. */
const MAX_WAITS = 3;

/** What the status says, but for refusals: they are thrown. @throws RateLimited, SourceUnavailable, AuthExpired, Blocked … */
export function statusOf(
  { status, headers }: Answer,
  asked: string,
  credentials: boolean,
): { readonly kind: 'ok' | 'not-modified' } | { readonly kind: 'gone'; readonly why: string } {
  const waitMs = retryAfterMs(headers['retry-after'], new Date());
  const meaning = meaningOf(status, { credentials, retryAfter: waitMs !== undefined });
  if (meaning.kind !== 'failed') return meaning;
  throw failure(
    meaning.failure,
    refusal(placeOf(asked), status, { server: headers['server'], waitMs }),
    waitMs === undefined ? {} : { retryAfterMs: waitMs },
  );
}

function refusal(
  place: string,
  status: number,
  { server, waitMs }: { server: string | undefined; waitMs: number | undefined },
): string {
  const by = server ? ` (server "${server.slice(0, 40)}")` : '';
  const wait = waitMs === undefined ? '' : ` and asks to wait ${Math.ceil(waitMs / 1000)} seconds`;
  switch (status) {
    case 401:
      return `"${place}" answered 401. Put credentials into "headers" of a source of type "http", or renew the secret there; the next run reads it again.`;
    case 403:
      return `"${place}" answered 403${by}. Ask its owner for access, or exclude it.`;
    case 429:
      return `"${new URL(place).host}" answered 429${wait}. The next attempt honours that.`;
    default:
      return `"${place}" answered ${status}${wait}. ${whatNext(status, waitMs)}`;
  }
}

function whatNext(status: number, waitMs: number | undefined): string {
  if (waitMs !== undefined) return 'The next attempt honours that.';
  return status >= 500 ? 'The next run asks again.' : 'Exclude it, or ask its owner.';
}
