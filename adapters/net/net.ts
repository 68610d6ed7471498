import { Agent, buildConnector, type Dispatcher } from 'undici';
import { failure } from '../../workflows/failures.ts';
import { ACCEPTED_ENCODINGS, readBody } from './body.ts';
import { netFailure } from './errors.ts';
import { createGuard, type Guard, type GuardOptions } from './guard.ts';

/** Requests to places that a definition or a page named: guarded, bounded, with all errors as our failures. */
export interface Net {
  /**
   * Fetches `url` and follows redirects, judging each. Every status is an answer, not an error.
   * @throws PolicyDenied - the guard refuses the address or one that it redirects to.
   * @throws SourceUnavailable - DNS, connection, TLS or time-out; retried.
   * @throws InvalidDocument - more redirects or bytes than allowed, or an unreadable encoding.
   * Rethrows the reason of `signal` when that is aborted.
   */
  fetch(url: string | URL, request: NetRequest): Promise<NetResponse>;
  readonly guard: Guard;
  /** Closes all connections; requests under way fail. */
  close(): Promise<void>;
}

export interface NetRequest {
  readonly signal: AbortSignal;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Sent to the origin of `url`; after a redirect to another origin only the harmless ones go on. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Largest unpacked body for the answer's `Content-Type`, if smaller than the Net's own bound. */
  readonly maxBytesFor?: (contentType: string) => number;
  /** Asked before each redirect. Where it says no, the redirect itself is the answer, with the address that it leads to. */
  readonly mayFollow?: (target: URL) => Promise<boolean>;
}

export interface NetResponse {
  readonly status: number;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Unpacked and within the bound. */
  readonly body: Buffer;
  /** The addresses that redirected, in order. */
  readonly redirects: readonly string[];
}

export interface NetOptions extends GuardOptions {
  readonly userAgent: string;
  readonly maxRedirects?: number;
  readonly maxBodyBytes?: number;
  /** For a request with all its redirects and its body. */
  readonly timeoutMs?: number;
}

/** A pool of guarded connections. Close it when its user is done. */
export function createNet(options: NetOptions): Net {
  const guard = createGuard(options);
  const agent = new Agent({
    connect: guardedConnector(guard),
    maxHeaderSize: MAX_HEADER_BYTES,
    maxOrigins: 500,
    headersTimeout: 30_000,
    bodyTimeout: 30_000,
    keepAliveTimeout: 4_000,
  });
  const limits = {
    userAgent: options.userAgent,
    maxRedirects: options.maxRedirects ?? 5,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    timeoutMs: options.timeoutMs ?? 60_000,
  };
  return {
    guard,
    fetch: (url, request) => fetchGuarded({ agent, guard, limits }, parseUrl(url), request),
    close: () => agent.destroy(),
  };
}

interface Tools {
  readonly agent: Agent;
  readonly guard: Guard;
  readonly limits: Required<Omit<NetOptions, keyof GuardOptions>>;
}

/** The second lock: whatever asks this pool for a socket meets the guard, even where no URL was checked. */
function guardedConnector(guard: Guard): buildConnector.connector {
  const options = { timeout: 10_000, allowH2: false, autoSelectFamily: true };
  const connectPublic = buildConnector({ ...options, lookup: guard.lookupPublic });
  const connectAllowed = buildConnector({ ...options, lookup: guard.lookupAllowed });
  return (target, callback) => {
    try {
      const url = new URL(`${target.protocol}//${target.host ?? target.hostname}`);
      guard.checkUrl(url);
      (guard.isAllowed(url) ? connectAllowed : connectPublic)(target, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    }
  };
}

async function fetchGuarded(tools: Tools, start: URL, request: NetRequest): Promise<NetResponse> {
  const deadline = openDeadline(request.signal, tools.limits.timeoutMs);
  try {
    return await follow(tools, start, request, deadline.signal);
  } finally {
    deadline.end();
  }
}

/** `AbortSignal.any` of a time-out would leave a timer for a minute, and a reference at `signal`, for each request. */
function openDeadline(signal: AbortSignal, afterMs: number) {
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal.reason);
  const timer = setTimeout(
    () => stop.abort(new DOMException('The operation timed out.', 'TimeoutError')),
    afterMs,
  ).unref();
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return {
    signal: stop.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}

async function follow(
  tools: Tools,
  start: URL,
  request: NetRequest,
  signal: AbortSignal,
): Promise<NetResponse> {
  const redirects: string[] = [];
  let hop: Hop = { url: start, method: request.method ?? 'GET', body: request.body };
  for (;;) {
    const answer = await ask(
      tools,
      hop,
      { ...request, signal, sameOrigin: isSame(start, hop.url) },
      request.signal,
    );
    const target = redirectTarget(answer, hop.url);
    if (target === undefined) return { ...answer, url: hop.url.href, redirects };
    redirects.push(hop.url.href);
    if (redirects.length > tools.limits.maxRedirects) throw tooManyRedirects(start, redirects);
    refuseDowngrade(hop.url, target, request);
    if ((await request.mayFollow?.(target)) === false)
      return { ...answer, url: target.href, redirects };
    hop = nextHop(hop, target, answer.status);
  }
}

interface Hop {
  readonly url: URL;
  readonly method: NonNullable<NetRequest['method']>;
  readonly body: string | Buffer | undefined;
}

type Answer = Pick<NetResponse, 'status' | 'headers' | 'body'>;

interface HopRequest extends NetRequest {
  readonly sameOrigin: boolean;
}

async function ask(
  { agent, guard, limits }: Tools,
  hop: Hop,
  request: HopRequest,
  cancel: AbortSignal,
): Promise<Answer> {
  const place = placeOf(hop.url);
  try {
    request.signal.throwIfAborted();
    guard.checkUrl(hop.url);
    const response = await agent.request({
      origin: hop.url.origin,
      path: `${hop.url.pathname}${hop.url.search}`,
      method: hop.method,
      headers: headersFor(request, limits.userAgent),
      body: hop.body ?? null,
      signal: request.signal,
    });
    const headers = flatHeaders(response.headers);
    const body = await readBody(response.body, headers['content-encoding'], {
      maxBytes: Math.min(
        limits.maxBodyBytes,
        request.maxBytesFor?.(headers['content-type'] ?? '') ?? Infinity,
      ),
      place,
    });
    return { status: response.statusCode, headers, body };
  } catch (error) {
    if (cancel.aborted) throw cancel.reason;
    throw netFailure(request.signal.aborted ? request.signal.reason : error, place);
  }
}

function headersFor(request: HopRequest, userAgent: string): Record<string, string> {
  const given = Object.entries(request.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const kept = request.sameOrigin ? given : given.filter(([name]) => HARMLESS.has(name));
  return {
    'user-agent': userAgent,
    accept: '*/*',
    ...Object.fromEntries(kept),
    'accept-encoding': ACCEPTED_ENCODINGS,
  };
}

/** Any other header may be a credential. */
const HARMLESS: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'if-modified-since',
  'if-none-match',
  'user-agent',
]);

function flatHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

function redirectTarget(answer: Answer, from: URL): URL | undefined {
  const location = answer.headers['location'];
  if (!REDIRECTS.has(answer.status) || location === undefined) return undefined;
  const target = URL.parse(location, from.href);
  if (target === null) {
    throw failure(
      'InvalidDocument',
      `"${placeOf(from)}" redirects to something that is no address. Ask its owner to mend that.`,
    );
  }
  return target;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The Fetch standard's rule: 303 always, 301 and 302 after a POST, go on as a GET without a body. */
function nextHop(hop: Hop, url: URL, status: number): Hop {
  const asGet =
    (status === 303 && hop.method !== 'HEAD') || (status < 303 && hop.method === 'POST');
  return asGet ? { url, method: 'GET', body: undefined } : { ...hop, url };
}

/** From https to http, whoever listens on the way could read what the request carries. */
function refuseDowngrade(from: URL, to: URL, request: NetRequest): void {
  const carries = Object.keys(request.headers ?? {}).some(
    (name) => !HARMLESS.has(name.toLowerCase()),
  );
  if (
    from.protocol === 'https:' &&
    to.protocol === 'http:' &&
    (carries || request.body !== undefined)
  ) {
    throw failure(
      'PolicyDenied',
      `"${placeOf(from)}" redirects a request with credentials to http at host "${to.host}". Use the https address of the page.`,
    );
  }
}

function tooManyRedirects(start: URL, redirects: readonly string[]): Error {
  return failure(
    'InvalidDocument',
    `"${placeOf(start)}" redirected ${redirects.length} times without an end. Ask its owner to mend that, or name the final address.`,
  );
}

function parseUrl(url: string | URL): URL {
  const parsed = URL.parse(String(url));
  if (parsed !== null) return parsed;
  throw failure(
    'InvalidConfig',
    `"${String(url).split(/[?#]/)[0]?.slice(0, 200) ?? ''}" is no address. Use a whole one such as "https://example.com/docs".`,
  );
}

function isSame(a: URL, b: URL): boolean {
  return a.origin === b.origin;
}

/** For sentences: without the query, which may hold a token. */
function placeOf(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, 300);
}

/** The largest file that Bedrock takes: 50 MB, Bedrock user guide, prerequisites of a data source. */
const MAX_BODY_BYTES = 50 * 1024 * 1024;
const MAX_HEADER_BYTES = 32 * 1024;
