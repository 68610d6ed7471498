import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTallyBook } from './s3-tally.ts';

// An S3 that counts and discards, a process of its own: `node bench/stubs/s3.ts <port>`. It answers as fast as it can,
// or after the latency that it was told; it checks no signature and keeps no object. `/-/…` is for the bench.

const tally = openTallyBook();
let latencyMs = 0;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(argv[2]), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stub');
  const body = await bodyOf(request);
  if (url.pathname.startsWith('/-/')) return control(url, response);
  const operation = operationOf(request.method ?? '', url);
  tally.count(operation);
  if (operation === 'PutObject') tally.put(url.pathname, body);
  if (latencyMs > 0) await sleep(latencyMs);
  reply(operation, response);
}

function control(url: URL, response: ServerResponse): void {
  if (url.pathname === '/-/reset') {
    tally.reset();
    latencyMs = Number(url.searchParams.get('latencyMs') ?? latencyMs);
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(tally.read()));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}

const BY_METHOD: Readonly<Record<string, string>> = {
  PUT: 'PutObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};

function operationOf(method: string, url: URL): string {
  const inBucket = url.pathname.startsWith('/documents/');
  if (method === 'POST' && url.searchParams.has('delete')) return 'DeleteObjects';
  return (inBucket && BY_METHOD[method]) || `other ${method} ${url.pathname}`;
}

function reply(operation: string, response: ServerResponse): void {
  if (operation === 'PutObject')
    response.writeHead(200, { etag: '"0123456789abcdef0123456789abcdef"' }).end();
  else if (operation === 'HeadObject') response.writeHead(404).end();
  else if (operation === 'DeleteObject') response.writeHead(204).end();
  else if (operation === 'DeleteObjects') response.writeHead(200).end('<DeleteResult/>');
  else response.writeHead(501).end();
}
