import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Endpoints } from '../../adapters/endpoints.ts';
import { startProcess } from '../processes.ts';
import { PORTS, type SystemContext, type Variables } from './context.ts';
import { supervise, type Stoppable } from './supervise.ts';

export interface WorkerPart extends Stoppable {
  readonly url: string;
}

export interface WorkerOptions {
  readonly databaseUrl: string;
  /** Absent where the real one is used, with its own variables. */
  readonly temporal: Endpoints['temporal'] | undefined;
  readonly aws: Endpoints['aws'] | undefined;
  /** For secret references of definitions. */
  readonly variables: Variables;
  readonly allowedHosts: readonly string[];
  /** Where relative paths of definitions begin: the folder of their file. */
  readonly folder: string;
}

const READY_TIMEOUT_MS = 90_000;

/** Starts the worker program, the same one as in production, told by variables where its parts are. */
export async function startWorker(
  context: SystemContext,
  options: WorkerOptions,
): Promise<WorkerPart> {
  const port = await context.port('metrics', PORTS.metrics);
  const url = `http://127.0.0.1:${port}`;
  // The file of the person's own profiles must not be read, and the SDK wants one with a profile.
  await writeFile(temporalConfigFile(context), '[profile.default]\n');
  const env = workerEnvironment(context, options, port);
  const part = await supervise(
    'The worker',
    (onExit) =>
      startProcess({
        name: 'worker',
        command: process.execPath,
        args: [fileURLToPath(new URL('../../workers/main.ts', import.meta.url))],
        env,
        cwd: options.folder,
        logFile: join(context.stateFolder, 'logs', 'worker.log'),
        recordFolder: join(context.stateFolder, 'processes'),
        program: 'workers/main.ts',
        ready: () => isReady(url),
        readyTimeoutMs: READY_TIMEOUT_MS,
        graceMs: 8000,
        onExit,
      }),
    context.announce,
  );
  return { url, stop: () => part.stop() };
}

function temporalConfigFile({ stateFolder }: SystemContext): string {
  return join(stateFolder, 'temporal.toml');
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) });
  await response.arrayBuffer();
  return response.ok;
}

/** An embedded part replaces every variable through which a real one could come in. */
function workerEnvironment(
  context: SystemContext,
  options: WorkerOptions,
  port: number,
): Readonly<Record<string, string | undefined>> {
  const { databaseUrl, temporal, aws, variables, allowedHosts } = options;
  const ownHosts = context.ambient('WELLSPRING_ALLOWED_HOSTS');
  return {
    ...(temporal ? without(context, 'TEMPORAL_') : {}),
    ...(aws ? { ...without(context, 'AWS_'), WELLSPRING_BUCKET_OWNER: undefined } : {}),
    ...variables,
    WELLSPRING_DATABASE_URL: databaseUrl,
    WELLSPRING_HTTP_ADDRESS: `127.0.0.1:${port}`,
    WELLSPRING_ALLOWED_HOSTS: [...allowedHosts, ...(ownHosts ? [ownHosts] : [])].join(','),
    // The definitions of this folder are the user's own, and so are the programs that they name.
    WELLSPRING_ALLOWED_COMMANDS: context.ambient('WELLSPRING_ALLOWED_COMMANDS') ?? '*',
    WELLSPRING_SHUTDOWN_GRACE: '2 seconds',
    WELLSPRING_HEARTBEAT_TIMEOUT: '15 seconds',
    ...(temporal ? embeddedTemporal(temporal, temporalConfigFile(context)) : {}),
    ...(aws ? embeddedAws(aws) : {}),
  };
}

/** Whatever the person's shell has set for the real one: a profile, an endpoint, a switch that refuses endpoints. */
function without({ local }: SystemContext, prefix: string): Record<string, undefined> {
  const names = local.variableNames.filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

function embeddedTemporal({ address, namespace }: Endpoints['temporal'], configFile: string) {
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_CONFIG_FILE: configFile,
  };
}

function embeddedAws({
  endpoints,
  region,
  accessKeyId,
  secretAccessKey,
}: NonNullable<Endpoints['aws']>) {
  const urls = Object.entries(endpoints).map(
    ([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url] as const,
  );
  return {
    ...Object.fromEntries(urls),
    // What the embedded cloud does not have must not reach the real one.
    AWS_ENDPOINT_URL: endpoints['BEDROCK_AGENT'],
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    WELLSPRING_INGESTION_STARTS_PER_SECOND: '2',
    WELLSPRING_INGESTION_POLL: '500 ms',
  };
}
