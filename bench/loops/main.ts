import { createServer, type IncomingMessage } from 'node:http';
import { argv } from 'node:process';
import { runLoop, type LoopOrder } from './loop.ts';

// The process of the bare loops: `node bench/loops/main.ts <port>`. It gets an order by POST and answers with the result.

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.end('ready');
    return;
  }
  orderOf(request)
    .then(runLoop)
    .then(
      (result) => response.end(JSON.stringify(result)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
});
server.requestTimeout = 0;
server.listen(Number(argv[2]), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});

/** From the bench alone, so it has its type. */
async function orderOf(request: IncomingMessage): Promise<LoopOrder> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as LoopOrder;
}
