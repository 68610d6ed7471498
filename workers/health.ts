import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  /** Why the process is not ready, or undefined. */
  readonly notReady: () => string | undefined;
  /** The text of Prometheus. */
  readonly metrics: () => Promise<string>;
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `/healthz` (the process lives), `/readyz` (its workers poll) and `/metrics`. @throws Error - the port is taken. */
export async function startHealthServer({
  address,
  notReady,
  metrics,
}: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path === '/healthz') answer(response, 200, 'ok\n');
    else if (path === '/readyz')
      answer(response, notReady() ? 503 : 200, `${notReady() ?? 'ready'}\n`);
    else if (path === '/metrics') {
      metrics().then(
        (text) => answer(response, 200, text),
        () => answer(response, 503, 'The metrics could not be read.\n'),
      );
    } else answer(response, 404, 'There are /healthz, /readyz and /metrics.\n');
  });
  const at = address.lastIndexOf(':');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.slice(at + 1)), address.slice(0, at), resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${address.slice(0, at)}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    .end(text);
}
