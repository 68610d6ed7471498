import { ApplicationFailure } from '@temporalio/common';
import type { FailureName } from '../../workflows/failures.ts';
import { createNet } from '../net/net.ts';
import { retryAfterMs } from '../net/retry-after.ts';
import { signatureOf } from './signature.ts';

export interface WebhookRequest {
  readonly url: string;
  readonly secret: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The same for every repetition: the receiver knows by it what it has. */
  readonly id: string;
  readonly kind: string;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** `refused`: repeating it changes nothing. `later`: the receiver, the way to it, or the configuration may be well again. */
export type WebhookOutcome =
  | { readonly outcome: 'delivered'; readonly status: number }
  | { readonly outcome: 'refused'; readonly problem: string }
  | {
      readonly outcome: 'later';
      readonly failure: FailureName;
      readonly problem: string;
      readonly retryAfterMs?: number;
    };

export interface WebhookOptions {
  readonly allowedHosts: readonly string[];
  readonly userAgent: string;
}

/** Posts one signed message through the guard of all outgoing requests. Rethrows the reason of the signal alone. */
export async function postWebhook(
  request: WebhookRequest,
  options: WebhookOptions,
): Promise<WebhookOutcome> {
  const { url, secret, id, kind, body, signal } = request;
  const net = createNet({ ...options, ...LIMITS });
  try {
    const { status, headers } = await net.fetch(url, {
      signal,
      method: 'POST',
      body,
      headers: {
        ...request.headers,
        'content-type': 'application/json; charset=utf-8',
        'x-wellspring-id': id,
        'x-wellspring-event': kind,
        'x-wellspring-signature': signatureOf(secret, body, new Date()),
      },
    });
    return outcomeOf(status, headers['retry-after']);
  } catch (error) {
    if (signal.aborted || !(error instanceof ApplicationFailure)) throw error;
    return unanswered(error);
  } finally {
    await net.close();
  }
}

/** A redirect of a POST may lose its body, so its target has to be named. */
const LIMITS = { maxRedirects: 0, maxBodyBytes: 1024 * 1024, timeoutMs: 15_000 };

/** Time-outs and overload pass. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

function outcomeOf(status: number, retryAfter: string | undefined): WebhookOutcome {
  if (status >= 200 && status < 300) return { outcome: 'delivered', status };
  const said = `The receiver answered ${status}.`;
  if (status < 500 && !PASSING.has(status))
    return { outcome: 'refused', problem: `${said} It is not asked again.` };
  const waitMs = retryAfterMs(retryAfter, new Date());
  return {
    outcome: 'later',
    failure: status === 429 ? 'RateLimited' : 'Unavailable',
    problem: said,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

/** What is wrong with the answer stays wrong. What the guard refuses, an operator may allow. */
function unanswered({ type, message }: ApplicationFailure): WebhookOutcome {
  if (type === 'InvalidDocument') return { outcome: 'refused', problem: message };
  const failure = type === 'PolicyDenied' ? type : 'Unavailable';
  return { outcome: 'later', failure, problem: message };
}
