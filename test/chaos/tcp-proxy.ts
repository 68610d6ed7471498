import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a proxy does to the connections through it.
 * - `pass`: nothing.
 * - `latency`: each piece of data, in both directions, comes `ms` later.
 * - `refuse`: every connection is reset.
 * - `black-hole`: connections stay open, and nothing comes through: no data, no end.
 * - `half-open`: what the client says arrives, and no answer comes back.
 * - `cut`: each connection is reset after this many bytes of answers; the first `times` ones, if given.
 */
export type ProxyRule =
  | { readonly kind: 'pass' }
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'half-open' }
  | { readonly kind: 'cut'; readonly afterBytes: number; readonly times?: number };

export interface ProxyCounters {
  readonly connections: number;
  /** Connections that were reset on purpose. */
  readonly cuts: number;
  /** Pieces of data that came late, or never. */
  readonly delayed: number;
  readonly swallowed: number;
}

export interface TcpProxy {
  readonly port: number;
  readonly address: string;
  readonly counters: ProxyCounters;
  /** From now on. Open connections are cut too, unless the rule lives on their staying open. */
  apply(rule: ProxyRule): void;
  close(): Promise<void>;
}

/** Rules that take hold of open connections without a sign to either side. */
const SILENT: ReadonlySet<ProxyRule['kind']> = new Set(['black-hole', 'half-open', 'latency']);

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  answered: number;
  /** Something was swallowed: what follows would make no sense to the other side. */
  torn: boolean;
}

/** A proxy on a free loopback port in front of `target`, which does what it is told to the data that passes. */
export async function startTcpProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  let rule: ProxyRule = { kind: 'pass' };
  let cutsLeft = Infinity;
  const counters = { connections: 0, cuts: 0, delayed: 0, swallowed: 0 };
  const lines = new Set<Line>();

  function cut(line: Line): void {
    if (!lines.delete(line)) return;
    counters.cuts += 1;
    line.client.resetAndDestroy();
    line.server.resetAndDestroy();
  }

  function open(client: Socket): void {
    counters.connections += 1;
    const server = connect(target.port, target.host);
    const line: Line = { client, server, answered: 0, torn: false };
    lines.add(line);
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    }
    if (rule.kind === 'refuse') cut(line);
    carry(line, 'client');
    carry(line, 'server');
  }

  function carry(line: Line, from: 'client' | 'server'): void {
    const [source, sink] =
      from === 'client' ? [line.client, line.server] : [line.server, line.client];
    let last: Promise<void> = Promise.resolve();
    source.on('data', (data: Buffer) => {
      source.pause();
      last = last
        .then(() => pass(line, from, data))
        .then((passes) => {
          if (passes && !sink.destroyed) sink.write(data);
          source.resume();
        });
    });
    source.on('close', () => void last.then(() => end(line, sink)));
  }

  /** Half-open lines hear nothing of the end of the other side, as after a pulled cable. */
  function end(line: Line, sink: Socket): void {
    if (rule.kind === 'black-hole' || rule.kind === 'half-open') return;
    lines.delete(line);
    sink.destroy();
  }

  async function pass(line: Line, from: 'client' | 'server', data: Buffer): Promise<boolean> {
    const { kind } = rule;
    if (kind === 'black-hole' || (kind === 'half-open' && from === 'server') || line.torn) {
      counters.swallowed += 1;
      line.torn = true;
      return false;
    }
    if (rule.kind === 'latency') {
      counters.delayed += 1;
      await sleep(rule.ms);
    }
    if (rule.kind === 'cut' && from === 'server') return belowLimit(line, data, rule.afterBytes);
    return true;
  }

  function belowLimit(line: Line, data: Buffer, afterBytes: number): boolean {
    line.answered += data.length;
    if (line.answered <= afterBytes || cutsLeft <= 0) return true;
    cutsLeft -= 1;
    cut(line);
    return false;
  }

  const listener = createServer(open);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    counters,
    apply(next) {
      const silent = SILENT.has(next.kind);
      rule = next;
      cutsLeft = next.kind === 'cut' ? (next.times ?? Infinity) : Infinity;
      if (!silent) for (const line of lines) cut(line);
    },
    async close() {
      rule = { kind: 'pass' };
      listener.close();
      for (const line of lines) cut(line);
      await once(listener, 'close');
    },
  };
}
