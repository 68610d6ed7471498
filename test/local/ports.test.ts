import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { choosePort } from '../../local/ports.ts';

test('a free port is taken as wanted', async () => {
  const { port: free } = await choosePort(0);

  const chosen = await choosePort(free);

  expect(chosen).toEqual({ port: free, wanted: free, taken: false });
});

test('a taken port is named, and the next free one is chosen, the same each time', async () => {
  await using holder = await listen();

  const first = await choosePort(holder.port);
  const second = await choosePort(holder.port);

  expect(first.taken).toBe(true);
  expect(first.wanted).toBe(holder.port);
  expect(first.port).toBeGreaterThan(holder.port);
  expect(second).toEqual(first);
});

test('a port that is promised to somebody is not chosen', async () => {
  const { port: free } = await choosePort(0);

  const chosen = await choosePort(free, { except: [free] });

  expect(chosen.port).not.toBe(free);
});

async function listen(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
