import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startForwardProxy, type ForwardProxy } from '../../../adapters/browser/forward-proxy.ts';
import { createGuard } from '../../../adapters/net/guard.ts';

let site: Server;
let accepted: number;

beforeEach(async () => {
  accepted = 0;
  site = createServer((_request, response) => response.end('a page'));
  site.on('connection', () => (accepted += 1)).listen(0, '127.0.0.1');
  await once(site, 'listening');
});

afterEach(async () => {
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
});

test('a connection serves several requests and does not outlive the proxy', async () => {
  const proxy = await startProxy();
  expect(await ask(proxy)).toBe('a page');
  expect(await ask(proxy)).toBe('a page');
  const whileOpen = await connectionsAfter(0);
  await proxy.close();

  expect(whileOpen).toBe(1);
  expect(accepted).toBe(1);
  expect(await connectionsAfter(500)).toBe(0);
});

test('no proxy uses a connection that another one has had judged', async () => {
  const [first, second] = [await startProxy(), await startProxy()];
  try {
    await ask(first);
    await ask(second);

    expect(accepted).toBe(2);
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
});

function startProxy(): Promise<ForwardProxy> {
  return startForwardProxy(createGuard({ allowedHosts: ['127.0.0.1'] }));
}

/** Asks as Chromium does: the whole address in the request line. */
async function ask({ address }: ForwardProxy): Promise<string> {
  const { port } = site.address() as AddressInfo;
  const asked = get({
    port: new URL(address).port,
    host: '127.0.0.1',
    path: `http://127.0.0.1:${port}/`,
    agent: false,
  });
  const [response] = await once(asked, 'response');
  return (await response.setEncoding('utf8').toArray()).join('');
}

/** How many are open; up to `patienceMs` are given to those that are being closed. */
async function connectionsAfter(patienceMs: number): Promise<number> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const open = await new Promise<number>((resolve) => site.getConnections((_e, n) => resolve(n)));
    if (open === 0 || performance.now() >= deadline) return open;
    await sleep(20);
  }
}
