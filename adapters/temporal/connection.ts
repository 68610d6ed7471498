import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface TemporalOptions {
  /** `host:port`. Given, nothing of the environment counts. */
  readonly address?: string;
  readonly namespace?: string;
  /** What the environment configuration is read from. Default: the environment of the process. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Temporal {
  readonly client: Client;
  readonly connection: Connection;
  /** For people: where we talk to. */
  readonly address: string;
  readonly namespace: string;
  close(): Promise<void>;
}

/**
 * A client of Temporal that connects with its first call. Without an address it follows Temporal's environment configuration
 * (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE` and its file).
 */
export function connectTemporal(options: TemporalOptions = {}): Temporal {
  const { connectionOptions, namespace: configured } = connectConfig(options);
  const address = connectionOptions.address ?? DEFAULT_ADDRESS;
  const namespace = options.namespace ?? configured ?? 'default';
  const connection = Connection.lazy({ ...connectionOptions, address });
  const client = new Client({ connection, namespace });
  return { client, connection, address, namespace, close: () => connection.close() };
}

const DEFAULT_ADDRESS = '127.0.0.1:7233';

type ConnectConfig = ReturnType<typeof loadClientConnectConfig>;

function connectConfig({ address, environment }: TemporalOptions): ConnectConfig {
  if (address !== undefined) return { connectionOptions: { address } };
  return loadClientConnectConfig(environment ? { overrideEnvVars: { ...environment } } : {});
}
