import { ApplicationFailure } from '@temporalio/common';
import type { RenderedPage } from '../../../adapters/browser/render.ts';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import { retryAfterMs } from '../../../adapters/net/retry-after.ts';
import { failure, type FailureName } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import type { Visit } from '../http/frontier.ts';

/** What a failed visit means for the read. */
export type VisitFailure =
  /** This page alone: a dead letter. */
  | { readonly kind: 'page'; readonly failure: PageFailure; readonly detail: string }
  /** Perhaps only now: worth a second visit. */
  | { readonly kind: 'again' }
  /** A link that leads where nobody may go: not a page of this source. */
  | { readonly kind: 'skipped'; readonly detail: string }
  /** The site asks to wait: the page is visited again in the next attempt. */
  | { readonly kind: 'wait'; readonly error: unknown }
  /** Nothing more can be read now. */
  | { readonly kind: 'read'; readonly error: unknown };

type PageFailure = (typeof PAGE_FAILURES)[number];

/** Judges the error of a visit. Addresses that a person named are held to more than links that were found. */
export function visitFailure(error: unknown, visit: Visit, env: SourceEnv): VisitFailure {
  if (env.signal.aborted || !(error instanceof ApplicationFailure)) return { kind: 'read', error };
  const { type, message: detail } = error;
  if (type === 'RateLimited' && visit.tries < MAX_WAITS) return { kind: 'wait', error };
  if (type === 'PolicyDenied' && visit.depth > 0) return { kind: 'skipped', detail };
  if (type === 'SourceUnavailable' && visit.tries === 0) return { kind: 'again' };
  return isOfPage(type) ? { kind: 'page', failure: type, detail } : { kind: 'read', error };
}

function isOfPage(type: unknown): type is PageFailure {
  return PAGE_FAILURES.some((name) => name === type);
}

const PAGE_FAILURES = [
  'Blocked',
  'SourceUnavailable',
  'RateLimited',
  'InvalidDocument',
] as const satisfies readonly FailureName[];
/** A page that asks to wait after so many waits asks it of us alone. */
const MAX_WAITS = 3;

/** A site that is away or asks to slow down says nothing about its page. @throws RateLimited, SourceUnavailable */
export function refuseTransient(page: RenderedPage, now: Date): void {
  const waitMs = retryAfterMs(page.headers['retry-after'], now);
  const meaning = meaningOf(page.status, { credentials: false, retryAfter: waitMs !== undefined });
  if (meaning.kind !== 'failed') return;
  if (meaning.failure !== 'RateLimited' && meaning.failure !== 'SourceUnavailable') return;
  const wait = waitMs === undefined ? '' : ` and asks to wait ${Math.ceil(waitMs / 1000)} seconds`;
  throw failure(
    meaning.failure,
    `"${new URL(page.url).host}" answered ${page.status}${wait}. The next attempt honours that.`,
    waitMs === undefined ? {} : { retryAfterMs: waitMs },
  );
}
