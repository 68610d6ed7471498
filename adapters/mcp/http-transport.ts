import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { failure } from '../../workflows/failures.ts';
import type { Net, NetRequest, NetResponse } from '../net/net.ts';
import { retryAfterMs } from '../net/retry-after.ts';

export interface HttpServer {
  readonly url: URL;
  /** May hold credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly net: Net;
  readonly signal: AbortSignal;
}

/**
 * Speaks with an MCP server over Streamable HTTP. Every request goes through the guarded, bounded `net`; answers are read whole. The
 * standing stream of server messages is not opened: nothing here waits for notifications.
 */
export function httpTransport(server: HttpServer): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(server.url, {
    fetch: guardedFetch(server),
    requestInit: { headers: { ...server.headers } },
    reconnectionOptions: {
      maxRetries: 2,
      initialReconnectionDelay: 500,
      maxReconnectionDelay: 5_000,
      reconnectionDelayGrowFactor: 2,
    },
  });
}

function guardedFetch({ net, signal }: HttpServer) {
  return async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init.headers));
    if (init.method === 'GET' && headers['last-event-id'] === undefined) {
      return new Response(null, { status: 405 });
    }
    const answer = await net.fetch(url, {
      method: methodOf(init.method),
      headers,
      signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal,
      ...(typeof init.body === 'string' ? { body: init.body } : {}),
    });
    const asked = askedToWait(answer, url);
    if (asked) throw asked;
    const hasBody = ![204, 205, 304].includes(answer.status);
    return new Response(hasBody ? new Uint8Array(answer.body) : null, {
      status: answer.status,
      headers: unpacked(answer.headers),
    });
  };
}

/** The client knows no `Retry-After`: what the server asks for would be lost in it. */
function askedToWait({ status, headers }: NetResponse, url: string | URL): Error | undefined {
  const waitMs = retryAfterMs(headers['retry-after'], new Date());
  if (waitMs === undefined || (status !== 429 && status !== 503)) return undefined;
  const { origin, pathname } = new URL(url);
  return failure(
    'RateLimited',
    `The MCP server "${origin}${pathname}" answered ${status} and asks to wait ${Math.ceil(waitMs / 1000)} seconds. The next attempt honours that.`,
    { retryAfterMs: waitMs, details: { status } },
  );
}

function methodOf(method = 'GET'): NonNullable<NetRequest['method']> {
  if (method === 'GET' || method === 'POST' || method === 'DELETE') return method;
  throw new Error(`MCP over HTTP has no method "${method}".`);
}

/** The body was decoded already. */
function unpacked(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'content-encoding': _encoding, 'content-length': _length, ...rest } = headers;
  return rest;
}
