import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Guard, Lookup } from '../net/guard.ts';

/** A forward proxy on a loopback port that lets only guarded connections out, and none outlive it. */
export interface ForwardProxy {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  /** Why the guard refused this host (`name` or `name:port` as URLs write it), if it did. */
  refusal(host: string): Error | undefined;
  close(): Promise<void>;
}

/**
 * Chromium resolves names by itself and follows redirects that no page route sees, so whatever is judged by URL alone can be led
 * inside. Behind this proxy it resolves nothing: each connection goes to an address that the guard's own look-up has judged.
 */
export async function startForwardProxy(guard: Guard): Promise<ForwardProxy> {
  const refusals = new Map<string, Error>();
  const sockets = new Set<Socket>();
  // Of this proxy alone: the agent of the process would keep connections past its end, and hand them on to another guard.
  const agent = new Agent({ keepAlive: true, timeout: KEEP_ALIVE_MS });
  const remember = (host: string, error: Error): void => {
    if (isRefusal(error) && refusals.size < MAX_REFUSALS) refusals.set(host, error);
  };
  const server = createServer((asked, answer) =>
    forward({ guard, agent, remember }, asked, answer),
  );
  server.on('connect', (asked, client, head) => {
    const upstream = tunnel({ guard, agent, remember }, asked, { client, head });
    if (upstream) track(sockets, upstream);
  });
  server.on('connection', (socket) => track(sockets, socket));
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refusal: (host) => refusals.get(host),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        agent.destroy();
      }),
  };
}

interface Gate {
  readonly guard: Guard;
  readonly agent: Agent;
  remember(host: string, error: Error): void;
}

/** Plain http: the whole address stands in the request line. */
function forward(gate: Gate, asked: IncomingMessage, answer: ServerResponse): void {
  const url = URL.parse(asked.url ?? '');
  if (url === null || url.protocol !== 'http:') return refuse(answer, 400);
  try {
    gate.guard.checkUrl(url);
  } catch (error) {
    gate.remember(url.host, error as Error);
    return refuse(answer, 403);
  }
  const upstream = request(
    url,
    {
      agent: gate.agent,
      method: asked.method,
      headers: withoutHopByHop(asked.headers),
      lookup: lookupFor(gate.guard, url),
      timeout: IDLE_TIMEOUT_MS,
    },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, withoutHopByHop(response.headers));
      response.on('error', () => answer.destroy()).pipe(answer);
    },
  );
  upstream.on('timeout', () => upstream.destroy(new Error('The site fell silent.')));
  upstream.on('error', (error) => {
    gate.remember(url.host, error);
    refuse(answer, isRefusal(error) ? 403 : 502);
  });
  answer.on('close', () => upstream.destroy());
  asked.on('error', () => upstream.destroy()).pipe(upstream);
  return undefined;
}

/** https and web sockets: `CONNECT host:port`, then bytes both ways. */
function tunnel(
  gate: Gate,
  asked: IncomingMessage,
  { client, head }: { readonly client: Duplex; readonly head: Buffer },
): Socket | undefined {
  client.on('error', () => client.destroy());
  const url = URL.parse(`https://${asked.url ?? ''}`);
  if (url === null) return close(client, 400);
  try {
    gate.guard.checkUrl(url);
  } catch (error) {
    gate.remember(url.host, error as Error);
    return close(client, 403);
  }
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  const port = Number(url.port || 443);
  const upstream = connect({ host, port, lookup: lookupFor(gate.guard, url) });
  upstream.setTimeout(IDLE_TIMEOUT_MS, () => upstream.destroy());
  upstream.once('connect', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', (error) => {
    gate.remember(url.host, error);
    close(client, isRefusal(error) ? 403 : 502);
  });
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
  return upstream;
}

function lookupFor(guard: Guard, url: URL): Lookup {
  return guard.isAllowed(url) ? guard.lookupAllowed : guard.lookupPublic;
}

function isRefusal(error: Error): boolean {
  return 'type' in error && error.type === 'PolicyDenied';
}

function refuse(answer: ServerResponse, status: number): void {
  if (answer.headersSent) answer.destroy();
  else answer.writeHead(status, { 'content-type': 'text/plain' }).end();
}

function close(client: Duplex, status: number): undefined {
  if (client.writable) client.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}

/** RFC 9110 §7.6.1: these belong to one connection. */
function withoutHopByHop(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name));
  return Object.fromEntries(kept);
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const IDLE_TIMEOUT_MS = 60_000;
/** A connection to a site waits so long for the next request. */
const KEEP_ALIVE_MS = 5_000;
/** Only the reasons are kept here; a page that tries thousands of hosts learns and costs nothing more. */
const MAX_REFUSALS = 1000;
