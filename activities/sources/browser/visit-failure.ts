import { ApplicationFailure } from '@temporalio/common';
import type { RenderedPage } from '../../../adapters/browser/render.ts';
import { meaningOf } from '../../../adapters/net/http-status.ts';
import { retryAfterMs } from '../../../adapters/net/retry-after.ts';
import { failure, type FailureName } from '../../../workflows/failures.ts';
import type { SourceEnv } from '../contract.ts';
import type { Visit } from './frontier.ts';

/** What a failed visit means for the read. */
export type VisitFailure =
  /** This page alone: a dead letter. */
  | { readonly kind: 'page'; readonly failure: FailureName; readonly detail: string }
  /** A link that leads where nobody may go: not a page of this source. */
  | { readonly kind: 'skipped'; readonly detail: string }
  /** Nothing more can be read now. */
  | { readonly kind: 'read'; readonly error: unknown };

/** Judges the error of a visit. Addresses that a person named are held to more than links that were found. */
export function visitFailure(error: unknown, { depth }: Visit, env: SourceEnv): VisitFailure {
  if (env.signal.aborted || !(error instanceof ApplicationFailure)) return { kind: 'read', error };
  const { type, message: detail } = error;
  if (depth > 0 && (type === 'PolicyDenied' || type === 'Blocked')) {
    return { kind: 'skipped', detail };
  }
  return isOfPage(type) ? { kind: 'page', failure: type, detail } : { kind: 'read', error };
}

function isOfPage(
  type: unknown,
): type is Extract<FailureName, 'Blocked' | 'SourceUnavailable' | 'InvalidDocument'> {
  return type === 'Blocked' || type === 'SourceUnavailable' || type === 'InvalidDocument';
}

/** A site that asks to slow down ends the read: waiting is the workflow's business. @throws RateLimited */
export function honourRateLimit(page: RenderedPage, now: Date): void {
  const waitMs = retryAfterMs(page.headers['retry-after'], now);
  const meaning = meaningOf(page.status, { credentials: false, retryAfter: waitMs !== undefined });
  if (meaning.kind !== 'failed' || meaning.failure !== 'RateLimited') return;
  const wait = waitMs === undefined ? '' : ` and asks to wait ${Math.ceil(waitMs / 1000)} seconds`;
  throw failure(
    'RateLimited',
    `"${new URL(page.url).host}" answered ${page.status}${wait}. The next attempt honours that.`,
    waitMs === undefined ? {} : { retryAfterMs: waitMs },
  );
}
