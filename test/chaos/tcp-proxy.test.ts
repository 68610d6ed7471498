import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTcpProxy, type ProxyRule, type TcpProxy } from './tcp-proxy.ts';

/** Says back what it hears. */
let server: Server;
let heard = '';
let proxy: TcpProxy;
const clients: Socket[] = [];
beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard += data.toString();
      socket.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startTcpProxy({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
  });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  server.close();
});

async function dial() {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  const told = { text: '', error: '' };
  socket.on('data', (data) => (told.text += data.toString()));
  socket.on('error', (error) => (told.error = (error as NodeJS.ErrnoException).code ?? ''));
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return { socket, told };
}

test('without a rule everything passes', async () => {
  const { socket, told } = await dial();

  socket.write('hello');

  await expect.poll(() => told.text).toBe('hello');
  expect(proxy.counters).toEqual({ connections: 1, cuts: 0, delayed: 0, swallowed: 0 });
});

test('latency makes every piece late, there and back', async () => {
  proxy.apply({ kind: 'latency', ms: 100 });
  const { socket, told } = await dial();
  const startedAt = performance.now();

  socket.write('hello');

  await expect.poll(() => told.text, { interval: 5 }).toBe('hello');
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
  expect(proxy.counters.delayed).toBe(2);
});

test.each<[ProxyRule]>([[{ kind: 'refuse' }], [{ kind: 'pass' }]])(
  'the rule %j cuts connections that are open',
  async (rule) => {
    const { told } = await dial();

    proxy.apply(rule);

    await expect.poll(() => told.error).toBe('ECONNRESET');
    expect(proxy.counters.cuts).toBe(1);
  },
);

test('a black hole swallows what is said on open connections and gives no sign', async () => {
  const { socket, told } = await dial();

  proxy.apply({ kind: 'black-hole' });
  socket.write('hello');
  await sleep(100);

  expect([heard, told.text, told.error]).toEqual(['', '', '']);
  expect(proxy.counters.swallowed).toBe(1);
});

test('half-open connections carry the request and lose the answer', async () => {
  const { socket, told } = await dial();

  proxy.apply({ kind: 'half-open' });
  socket.write('hello');

  await expect.poll(() => heard).toBe('hello');
  await sleep(50);
  expect([told.text, told.error]).toEqual(['', '']);
});

test('a cut resets as many connections as asked for, each after its bytes of answers', async () => {
  proxy.apply({ kind: 'cut', afterBytes: 6, times: 1 });
  const first = await dial();
  first.socket.write('hello');
  await expect.poll(() => first.told.text).toBe('hello');
  first.socket.write('world');
  await expect.poll(() => first.told.error).toBe('ECONNRESET');
  const second = await dial();

  second.socket.write('hello world');

  await expect.poll(() => second.told.text).toBe('hello world');
  expect(first.told.text).toBe('hello');
  expect(proxy.counters.cuts).toBe(1);
});
