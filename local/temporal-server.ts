import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { ensureSearchAttributes } from '../adapters/temporal/search-attributes.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { type Exit, type RunningProcess, startProcess } from './processes.ts';

export interface TemporalOptions {
  readonly cliPath: string;
  /** Where all of Temporal's state is kept; without it the state dies with the server. */
  readonly databaseFile?: string;
  readonly port: number;
  /** Of the Web UI; without it there is none. */
  readonly uiPort?: number;
  readonly logFile: string;
  readonly onExit?: (exit: Exit) => void;
  /** More dynamic configuration, as `name=value` with the value in JSON. */
  readonly settings?: readonly string[];
}

export interface RunningTemporal {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly namespace: string;
  readonly uiUrl: string | undefined;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/**
 * Starts the dev server of the Temporal CLI with every search attribute of ours, and returns when workflows can be
 * started. With a database file, killing it loses nothing that it acknowledged, and the next start goes on.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const { port, uiPort } = options;
  const address = `${HOST}:${port}`;
  const server = await startServer(options, address);
  try {
    await withConnection(address, (connection) => ensureSearchAttributes(connection, NAMESPACE));
  } catch (error) {
    await server.stop();
    throw error;
  }
  const uiUrl = uiPort === undefined ? undefined : `http://${HOST}:${uiPort}`;
  return { address, namespace: NAMESPACE, uiUrl, pid: server.pid, stop: () => server.stop() };
}

const HOST = '127.0.0.1';
const NAMESPACE = 'default';
const READY_TIMEOUT_MS = 60_000;

async function startServer(options: TemporalOptions, address: string): Promise<RunningProcess> {
  const { cliPath, databaseFile, logFile, onExit } = options;
  if (databaseFile !== undefined) mkdirSync(dirname(databaseFile), { recursive: true });
  return startProcess({
    name: 'Temporal',
    command: cliPath,
    args: serverArguments(options),
    // By variable: older versions refuse the flag of the same meaning, and ignore this. No call home.
    env: { TEMPORAL_DISABLE_NEWS_FETCH: 'true' },
    logFile,
    ready: () => withConnection(address, serves),
    readyTimeoutMs: READY_TIMEOUT_MS,
    ...(databaseFile === undefined
      ? {}
      : { recordFolder: join(dirname(databaseFile), 'processes') }),
    ...(onExit === undefined ? {} : { onExit }),
  });
}

/**
 * The attributes as flags save a second when the database is new. With an existing file the server looks at no flag:
 * `ensureSearchAttributes` registers what a later version of ours added.
 */
function serverArguments(options: TemporalOptions): readonly string[] {
  const { databaseFile, port, uiPort, settings = [] } = options;
  const ui = uiPort === undefined ? ['--headless'] : ['--ui-ip', HOST, '--ui-port', String(uiPort)];
  const database = databaseFile === undefined ? [] : ['--db-filename', databaseFile];
  const attributes = Object.values(SEARCH_ATTRIBUTES).flatMap(({ name, type }) => [
    '--search-attribute',
    `${name}=${type.charAt(0)}${type.slice(1).toLowerCase()}`,
  ]);
  const fixed = [
    'server',
    'start-dev',
    '--ip',
    HOST,
    '--port',
    String(port),
    '--log-level',
    'error',
  ];
  const more = settings.flatMap((setting) => ['--dynamic-config-value', setting]);
  const namespace = ['--namespace', NAMESPACE];
  return [...fixed, ...FAIRNESS, ...more, ...namespace, ...ui, ...database, ...attributes];
}

/** Tenants take turns where work waits; over several partitions of a queue each would have turns of its own. */
const FAIRNESS = [
  'matching.enableFairness=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
].flatMap((setting) => ['--dynamic-config-value', setting]);

async function serves(connection: Connection): Promise<boolean> {
  await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
  return true;
}

async function withConnection<Result>(
  address: string,
  use: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await Connection.connect({ address, connectTimeout: '2 seconds' });
  try {
    return await use(connection);
  } finally {
    await connection.close();
  }
}
