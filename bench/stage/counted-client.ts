import { Client, Connection, type ConnectionOptions } from '@temporalio/client';

/** A client whose requests are counted by their name. */
export interface CountedClient {
  readonly client: Client;
  /** Requests since the last call. */
  take(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];

/** Connects to a server; long polls and retries count as what they are: requests. */
export function countedClient(address: string, namespace: string): CountedClient {
  let counts: Record<string, number> = {};
  const count: Interceptor = (options, nextCall) => {
    const name = options.method_definition.path.split('/').at(-1) ?? 'unknown';
    counts[name] = (counts[name] ?? 0) + 1;
    // Nothing is intercepted: the call itself serves, although the type asks for a wrapped one.
    return nextCall(options) as ReturnType<Interceptor>;
  };
  const connection = Connection.lazy({ address, interceptors: [count] });
  return {
    client: new Client({ connection, namespace }),
    take() {
      const taken = counts;
      counts = {};
      return taken;
    },
    close: () => connection.close(),
  };
}
