import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ConverseModel } from './converse.ts';
import { finishDeletions } from './deletions.ts';
import { createDirectIngestion } from './direct-ingestion.ts';
import { createFaultPlan, errorOf, type FaultPlan } from './faults.ts';
import { createJobRunner } from './job-runner.ts';
import { openLibrary } from './library.ts';
import type { ObjectReader } from './objects.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import { readingModel } from './reading-model.ts';
import { findRoute } from './routes.ts';
import type { Service, Workshop } from './service.ts';
import { internal, notImplemented, ServiceError, validation } from './service-error.ts';
import { requireSignature, type Credentials } from './signature.ts';
import { openState } from './state.ts';
import { DEFAULT_TIMING, type Timing } from './timing.ts';

export interface BedrockServerOptions extends Credentials {
  /** Where state is kept. Only one server at a time. */
  readonly directory: string;
  /** Absent or 0: a free one. */
  readonly port?: number;
  /** `127.0.0.1` if absent. */
  readonly host?: string;
  /** For ARNs; `us-east-1` if absent. */
  readonly region?: string;
  readonly objects: ObjectReader;
  readonly timing?: Partial<Timing>;
  readonly faults?: FaultPlan;
  /** Answers as every model that is asked for; `readingModel` if absent. */
  readonly model?: ConverseModel;
}

export interface BedrockServer {
  /** For the endpoints of all three clients: bedrock-agent, bedrock-agent-runtime and bedrock-runtime. */
  readonly url: string;
  readonly port: number;
  readonly requests: RequestLog;
  /** Leaves running jobs as they are; the next server on the same directory goes on with them. */
  close(): Promise<void>;
}

/**
 * Serves the knowledge bases of Amazon Bedrock from a folder: management, ingestion jobs, direct ingestion, retrieval;
 * and a model. HTTP/1.1 only: give the clients of bedrock-agent-runtime and bedrock-runtime a `NodeHttpHandler`.
 */
export async function startBedrockServer(options: BedrockServerOptions): Promise<BedrockServer> {
  const { directory, host = '127.0.0.1', region = 'us-east-1', objects } = options;
  const workshop: Workshop = {
    state: openState(directory),
    library: openLibrary(join(directory, 'documents')),
    timing: { ...DEFAULT_TIMING, ...options.timing },
    faults: options.faults ?? createFaultPlan(),
    objects,
  };
  const jobs = createJobRunner(workshop);
  const direct = createDirectIngestion(workshop);
  const requests = createRequestLog();
  const front: Front = {
    service: { ...workshop, region, jobs, direct, model: options.model ?? readingModel },
    limits: createRateLimits(workshop.timing),
    requests,
    credentials: options,
  };
  finishDeletions(workshop);
  jobs.resume();
  direct.resume();

  const server = createServer((request, response) => void handle(request, response, front));
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://${host}:${port}`,
    port,
    requests,
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all([jobs.close(), direct.close()]);
      workshop.library.close();
    },
  };
}

/** What stands between the wire and the operations. */
interface Front {
  readonly service: Service;
  readonly limits: RateLimits;
  readonly requests: RequestLog;
  readonly credentials: Credentials;
}

interface Answer {
  readonly operation: string;
  readonly status: number;
  readonly body: unknown;
  readonly error?: ServiceError;
  readonly lost?: boolean;
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  front: Front,
): Promise<void> {
  const answer = await answerTo(request, front);
  const at = front.service.timing.clock.now();
  const { operation, status, lost } = answer;
  front.requests.add({ operation, at, status: lost ? 'lost' : status });
  if (lost) response.destroy();
  else send(response, answer);
}

async function answerTo(request: IncomingMessage, front: Front): Promise<Answer> {
  let operation = 'unreadable';
  try {
    const { pathname, searchParams } = urlOf(request);
    const body = await readRequest(request);
    const route = findRoute(request.method ?? '', pathname);
    operation = 'unsupported' in route ? route.unsupported : route.name;
    requireSignature(request, body, front.credentials);
    if ('unsupported' in route) {
      throw notImplemented(`The embedded Bedrock server has no ${operation}. Use Amazon Bedrock.`);
    }
    front.limits.admit(route.name);
    const fault = front.service.faults.takeAnswerFault(route.name);
    const planned = errorOf(fault);
    if (planned) throw planned;
    finishDeletions(front.service);
    const { labels } = route;
    const parsed = { labels, query: searchParams, body: parseJson(body) };
    const result = await route.carryOut(front.service, parsed);
    return { operation, status: route.status, body: result, lost: fault?.kind === 'lost-answer' };
  } catch (error) {
    const known = error instanceof ServiceError ? error : internal(String(error));
    return { operation, status: known.status, body: { message: known.message }, error: known };
  }
}

function urlOf(request: IncomingMessage): URL {
  try {
    const url = new URL(`http://localhost${request.url ?? '/'}`);
    decodeURIComponent(url.pathname);
    return url;
  } catch {
    throw validation('The path of the request cannot be decoded.');
  }
}

/** Bedrock's limit for a request with documents. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

async function readRequest(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes <= MAX_BODY_BYTES) parts.push(part);
  }
  if (bytes > MAX_BODY_BYTES) throw validation('The request has more than 6 MB.');
  return Buffer.concat(parts);
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw validation('The body of the request is not JSON.');
  }
}

function send(response: ServerResponse, { status, body, error }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    ...(error ? { 'x-amzn-errortype': error.name } : {}),
  });
  response.end(JSON.stringify(body));
}
