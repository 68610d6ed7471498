import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { cutSocket, errorAnswer, sendAnswer, sendHalf } from './answer.ts';
import { createFaults, type ChooseFault, type FaultKind, type FaultRule } from './faults.ts';
import { incomingBody } from './incoming-body.ts';
import type { Durability } from './object-files.ts';
import { handlerOf } from './operations.ts';
import { createRequestLog, type LoggedRequest, type RequestLog } from './request-log.ts';
import { readRequest, type S3Answer, type S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import { verifySignature, type Credentials } from './signature.ts';
import { openStore, type Store } from './store.ts';

export interface S3ServerOptions extends Credentials {
  /** Where the objects live. One server a directory; it may be killed at any time and started again. */
  readonly directory: string;
  /** Absent: a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Session tokens of temporary credentials with these keys; may be changed while the server runs. One that is missing is invalid. */
  readonly sessions?: ReadonlyMap<string, 'valid' | 'expired'>;
  /** Made at the start where they are missing. */
  readonly buckets: readonly string[];
  /** What goes wrong, for tests. The list may be changed while the server runs. */
  readonly faults?: readonly FaultRule[];
  /** The same seed gives the same accidents. */
  readonly faultSeed?: number;
  /**
   * `sync` (default): what is acknowledged is on the disk. On an SSD that allows thousands of small PUTs a second;
   * the CPU time of the SDK, several hundred PUTs a second and core, is the limit long before.
   * `none`: it survives a killed process, but not a loss of power.
   */
  readonly durability?: Durability;
  /** The account that owns every bucket, for `x-amz-expected-bucket-owner`. */
  readonly accountId?: string;
}

export interface S3Server {
  readonly url: string;
  readonly port: number;
  readonly requests: RequestLog;
  /** Waits for requests that are being answered, for two seconds at most. */
  close(): Promise<void>;
}

/**
 * Starts an S3 server on a directory: the wire of S3 as the SDK speaks it, signatures and checksums verified,
 * conditional writes with one winner. It answers a write after the object is in its place as a whole.
 * What it does not implement it answers with 501 and the name. Addresses are path-style: `/<bucket>/<key>`.
 */
export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const { directory, host = '127.0.0.1', port = 0, durability = 'sync' } = options;
  const store = await openStore(directory, durability);
  const existing = new Set(store.buckets().map(({ name }) => name));
  for (const name of options.buckets) if (!existing.has(name)) await store.createBucket(name);
  const { log, add } = createRequestLog();
  const context: Context = {
    store,
    credentials: options,
    sessions: options.sessions ?? new Map(),
    accountId: options.accountId ?? '000000000000',
    chooseFault: createFaults(options.faults ?? [], options.faultSeed ?? 1),
    add,
  };

  const server = createServer(SERVER_LIMITS, (message, response) => {
    void serve(message, response, context);
  });
  const boundPort = await listen(server, port, host);
  return {
    url: `http://${host}:${boundPort}`,
    port: boundPort,
    requests: log,
    close: () => closeServer(server),
  };
}

interface Context {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly sessions: ReadonlyMap<string, 'valid' | 'expired'>;
  readonly accountId: string;
  readonly chooseFault: ChooseFault;
  readonly add: (request: LoggedRequest) => void;
}

const SERVER_LIMITS = {
  keepAliveTimeout: 60_000,
  // A slow upload is its client's affair; Node's own limit of five minutes would cut off a large one.
  requestTimeout: 0,
  maxHeaderSize: 32 * 1024,
};

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  response.setHeader('x-amz-request-id', requestId);
  const seen: Seen = { fault: undefined, request: undefined };
  try {
    const answer = await answerTo(message, context, seen).catch((error: unknown) =>
      errorAnswer(error, requestId, message.url ?? ''),
    );
    await deliver(response, answer, { seen, add: context.add });
  } catch {
    // The client went away, or the body broke off after its headers were sent: there is nobody to tell.
    cutSocket(message);
  }
}

/** What became known of a request, for the log. */
interface Seen {
  request: S3Request | undefined;
  fault: FaultKind | undefined;
}

/** The answer, or `undefined` where the socket is to be cut instead. */
async function answerTo(
  message: IncomingMessage,
  context: Context,
  seen: Seen,
): Promise<S3Answer | undefined> {
  const request = readRequest(message);
  seen.request = request;
  const rule = context.chooseFault(request);
  seen.fault = rule?.kind;
  if (rule?.kind === 'reset') return undefined;
  if (rule?.kind === 'slow') await sleep(rule.delayMs ?? 1000);
  const error = rule && FAULT_ERRORS.get(rule.kind);
  if (error) throw error();
  const answer = await perform(request, context);
  return rule?.kind === 'lost-answer' ? undefined : answer;
}

const FAULT_ERRORS: ReadonlyMap<FaultKind, () => S3Error> = new Map([
  ['access-denied', () => new S3Error('AccessDenied', 'Access Denied')],
  [
    'error500',
    () => new S3Error('InternalError', 'We encountered an internal error. Please try again.'),
  ],
  ['throttle', () => new S3Error('SlowDown', 'Please reduce your request rate.')],
]);

async function perform(
  request: S3Request,
  { store, credentials, sessions, accountId }: Context,
): Promise<S3Answer> {
  checkSession(request, sessions);
  const identity = verifySignature(request, credentials);
  const handler = handlerOf(request);
  const owner = request.headers.get('x-amz-expected-bucket-owner');
  if (owner !== undefined && owner !== accountId)
    throw new S3Error('AccessDenied', 'Access Denied');
  return handler({
    request,
    body: incomingBody(request, identity),
    store,
    bucket: () => store.bucket(request.bucket),
  });
}

function checkSession({ headers }: S3Request, sessions: Context['sessions']): void {
  const token = headers.get('x-amz-security-token');
  if (token === undefined) return;
  const state = sessions.get(token);
  if (state === 'expired') throw new S3Error('ExpiredToken', 'The provided token has expired.');
  if (state === undefined)
    throw new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.');
}

async function deliver(
  response: ServerResponse,
  answer: S3Answer | undefined,
  { seen, add }: { readonly seen: Seen; readonly add: Context['add'] },
): Promise<void> {
  const { method = 'GET' } = response.req;
  const { operation = 'Unreadable', bucket = '', key = '' } = seen.request ?? {};
  // Before the answer goes out, so that whoever has the answer finds the request in the log.
  add({
    method,
    operation,
    bucket,
    key,
    ...(answer ? { status: answer.status } : {}),
    ...(seen.fault ? { fault: seen.fault } : {}),
  });
  if (!answer) cutSocket(response.req);
  else if (seen.fault === 'reset-mid-body') await sendHalf(response, answer);
  else await sendAnswer(response, answer);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen(port, host, () => {
    const address = server.address();
    if (typeof address === 'object' && address) resolve(address.port);
    else reject(new Error(`No port of "${host}" could be opened.`));
  });
  return promise;
}

const CLOSE_GRACE_MS = 2000;

async function closeServer(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(timer);
}
