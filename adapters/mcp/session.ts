import {
  Client,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type RequestOptions,
  type Transport,
} from '@modelcontextprotocol/client';
import { failure } from '../../workflows/failures.ts';
import {
  isTimeout,
  mcpFailure,
  METHOD_NOT_FOUND,
  protocolCode,
  RESOURCE_NOT_FOUND,
  type McpPlace,
} from './errors.ts';
import { toolAnswer, type ToolAnswer } from './tool-answer.ts';

/** One connection to an MCP server, in our words. Requests are made one after the other. */
export interface McpSession {
  readonly server: { readonly name: string; readonly version: string };
  readonly hasResources: boolean;
  readonly hasTools: boolean;
  /** One page; without `cursor` the first. `undefined`: the server does not know the method. */
  resources(cursor?: string): Promise<Page<McpResource> | undefined>;
  templates(cursor?: string): Promise<Page<McpTemplate> | undefined>;
  tools(cursor?: string): Promise<Page<McpTool> | undefined>;
  readResource(uri: string): Promise<ResourceAnswer>;
  callTool(name: string, args: Readonly<Record<string, unknown>>): Promise<ToolAnswer>;
  /** Ends the connection and, over stdio, the server's process group. Idempotent. */
  close(): Promise<void>;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

export interface McpResource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly mimeType?: string | undefined;
  readonly annotations?: { readonly lastModified?: string | undefined } | undefined;
}

interface McpTemplate {
  readonly uriTemplate: string;
  readonly name: string;
}

export interface McpTool {
  readonly name: string;
  readonly annotations?: { readonly readOnlyHint?: boolean | undefined } | undefined;
  /** JSON Schema of the arguments. */
  readonly inputSchema?:
    | {
        readonly properties?: Readonly<Record<string, unknown>> | undefined;
        readonly required?: readonly string[] | undefined;
      }
    | undefined;
}

export type McpContent =
  | { readonly uri: string; readonly mimeType?: string | undefined; readonly text: string }
  | { readonly uri: string; readonly mimeType?: string | undefined; readonly blob: string };

type ResourceAnswer =
  | { readonly kind: 'contents'; readonly contents: readonly McpContent[] }
  | { readonly kind: 'gone'; readonly why: string }
  /** This one could not be read; others may be. */
  | { readonly kind: 'refused'; readonly why: string; readonly timedOut: boolean };

export interface Connection {
  /** Makes a fresh transport; it is called again when the server cannot bear the probe of the newer protocol. */
  readonly transport: (oversize: () => void) => Transport;
  readonly place: McpPlace;
  readonly signal: AbortSignal;
  readonly requestTimeoutMs: number;
}

/**
 * Connects and negotiates the protocol: the stateless one of 2026, or `initialize` before it.
 * All methods throw failures of ours: SourceUnavailable (retried), AuthExpired, AccessDenied, RateLimited, InvalidConfig, PolicyDenied,
 * and InvalidDocument for an answer beyond the byte limit. They rethrow the reason of an aborted `signal`.
 */
export async function connectMcp(connection: Connection): Promise<McpSession> {
  const calls = callsOf(connection);
  const { client, transport } = await calls.run((options) =>
    negotiated(connection, calls, options),
  );
  const abort = (): void => void close();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closed(client, transport));
  connection.signal.addEventListener('abort', abort, { once: true });
  const capabilities = client.getServerCapabilities();
  const { name = connection.place.name, version = '' } = client.getServerVersion() ?? {};
  return {
    server: { name, version },
    hasResources: capabilities?.resources !== undefined,
    hasTools: capabilities?.tools !== undefined,
    ...lists(client, calls),
    readResource: (uri) => readResource(client, calls, connection, uri),
    callTool: (tool, args) =>
      calls.run(async (options) =>
        toolAnswer(await client.callTool({ name: tool, arguments: { ...args } }, options)),
      ),
    close: () => {
      connection.signal.removeEventListener('abort', abort);
      return close();
    },
  };
}

interface Calls {
  /** Runs one request; its errors become ours. */
  run<T>(request: (options: RequestOptions) => Promise<T>): Promise<T>;
  /** The same with the SDK's own errors. */
  raw<T>(request: (options: RequestOptions) => Promise<T>): Promise<T>;
  readonly oversize: () => void;
}

/** An answer that was dropped for its size would leave its request waiting: the one under way is aborted with the reason. */
function callsOf({ signal, place, requestTimeoutMs }: Connection): Calls {
  let current: AbortController | undefined;
  const raw: Calls['raw'] = async (request) => {
    signal.throwIfAborted();
    const own = new AbortController();
    current = own;
    try {
      return await request({
        signal: AbortSignal.any([signal, own.signal]),
        timeout: requestTimeoutMs,
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw own.signal.aborted ? own.signal.reason : error;
    }
  };
  const run: Calls['run'] = (request) =>
    raw(request).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : mcpFailure(error, place);
    });
  return { raw, run, oversize: () => current?.abort(tooLarge(place)) };
}

function tooLarge({ name }: McpPlace): Error {
  return failure(
    'InvalidDocument',
    `The MCP server "${name}" gave an answer beyond the byte limit. Exclude it, or raise "maxResourceBytes".`,
  );
}

async function negotiated(connection: Connection, calls: Calls, options: RequestOptions) {
  try {
    return await connected(connection, calls, options, 'auto');
  } catch (error) {
    if (!endedByProbe(error)) throw error;
    return connected(connection, calls, options, 'legacy');
  }
}

async function connected(
  { transport: create }: Connection,
  calls: Calls,
  options: RequestOptions,
  mode: 'auto' | 'legacy',
) {
  const transport = create(calls.oversize);
  const client = new Client(
    { name: 'wellspring', version: '1.0.0' },
    { versionNegotiation: { mode, probe: { timeoutMs: PROBE_TIMEOUT_MS } } },
  );
  try {
    await client.connect(transport, options);
    return { client, transport };
  } catch (error) {
    await transport.close();
    throw error;
  }
}

/** A silent stdio server is an old one; longer than this it would only delay the fallback. */
const PROBE_TIMEOUT_MS = 10_000;

/** Some older servers end at the first request that is not `initialize`. */
function endedByProbe(error: unknown): boolean {
  return (
    error instanceof SdkError &&
    error.code === SdkErrorCode.EraNegotiationFailed &&
    error.message.includes('the connection closed during the server/discover probe')
  );
}

async function closed(client: Client, transport: Transport): Promise<void> {
  if (transport instanceof StreamableHTTPClientTransport) {
    await transport.terminateSession().catch(() => {});
  }
  await client.close().catch(() => {});
  await transport.close();
}

/** Page by page: the SDK's own walk over all pages takes a cursor that repeats for the end. */
function lists(
  client: Client,
  calls: Calls,
): Pick<McpSession, 'resources' | 'templates' | 'tools'> {
  const page = async <T>(
    request: (
      options: RequestOptions,
    ) => Promise<{ items: readonly T[]; next: string | undefined }>,
  ): Promise<Page<T> | undefined> => {
    const answer = await calls.run((options) => request(options).catch(unlessUnknownMethod));
    if (answer === undefined) return undefined;
    const { items, next } = answer;
    return { items, ...(next === undefined ? {} : { nextCursor: next }) };
  };
  return {
    resources: (cursor) =>
      page(async (options) => {
        const answer = await client.request(
          { method: 'resources/list', params: from(cursor) },
          options,
        );
        return { items: answer.resources, next: answer.nextCursor };
      }),
    templates: (cursor) =>
      page(async (options) => {
        const answer = await client.request(
          { method: 'resources/templates/list', params: from(cursor) },
          options,
        );
        return { items: answer.resourceTemplates, next: answer.nextCursor };
      }),
    tools: (cursor) =>
      page(async (options) => {
        const answer = await client.request(
          { method: 'tools/list', params: from(cursor) },
          options,
        );
        return { items: answer.tools, next: answer.nextCursor };
      }),
  };
}

function from(cursor: string | undefined): Record<string, unknown> {
  return cursor === undefined ? {} : { cursor };
}

function unlessUnknownMethod(error: unknown): undefined {
  if (protocolCode(error) === METHOD_NOT_FOUND) return undefined;
  throw error;
}

async function readResource(
  client: Client,
  calls: Calls,
  { place, signal }: Connection,
  uri: string,
): Promise<ResourceAnswer> {
  try {
    const { contents } = await calls.raw((options) =>
      client.readResource({ uri }, { ...options, cacheMode: 'bypass' }),
    );
    return { kind: 'contents', contents };
  } catch (error) {
    // A cancellation is no failure of the server.
    if (signal.aborted) throw signal.reason;
    const code = protocolCode(error);
    if (RESOURCE_NOT_FOUND.has(code)) return { kind: 'gone', why: `the server answered ${code}` };
    if (code !== undefined || isTimeout(error)) {
      return { kind: 'refused', why: mcpFailure(error, place).message, timedOut: isTimeout(error) };
    }
    throw mcpFailure(error, place);
  }
}
