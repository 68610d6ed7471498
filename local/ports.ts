import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export interface ChosenPort {
  readonly port: number;
  readonly wanted: number;
  /** Somebody else has the wanted one, and `port` is another. */
  readonly taken: boolean;
}

/**
 * Finds a port that can be listened on: the wanted one, or the first free one of the hundred that follow it, so that
 * the answer is the same from start to start. With 0 the system picks any. `except` are ports promised already.
 * @throws Error - all of them are taken.
 */
export async function choosePort(
  wanted: number,
  {
    host = '127.0.0.1',
    except = [],
  }: { readonly host?: string; readonly except?: readonly number[] } = {},
): Promise<ChosenPort> {
  if (wanted === 0) return { port: await anyPort(host), wanted, taken: false };
  const last = Math.min(wanted + TRIES, MAX_PORT);
  for (let port = wanted; port <= last; port += 1) {
    if (!except.includes(port) && (await isFree(port, host)))
      return { port, wanted, taken: port !== wanted };
  }
  throw new Error(
    `Ports ${wanted} to ${last} on "${host}" are all taken. Free one of them, or choose another.`,
  );
}

const TRIES = 100;
const MAX_PORT = 65_535;
const CONNECT_WITHIN_MS = 1_000;

async function isFree(port: number, host: string): Promise<boolean> {
  // Where a server on all addresses does not stop us from binding one of them (macOS), only asking tells.
  return (await canListen(port, host)) && !(await answers(port, host));
}

async function canListen(port: number, host: string): Promise<boolean> {
  return (await listenOn(port, host).catch(() => undefined)) !== undefined;
}

async function anyPort(host: string): Promise<number> {
  return listenOn(0, host);
}

async function listenOn(port: number, host: string): Promise<number> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function answers(port: number, host: string): Promise<boolean> {
  const socket = connect({ port, host, timeout: CONNECT_WITHIN_MS });
  const result = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'timeout').then(() => true),
  ]).catch(() => false);
  socket.destroy();
  return result;
}
