import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort } from '../../local/ports.ts';
import { startPostgres } from '../../local/postgres.ts';
import { signalGroup } from '../../local/process-group.ts';
import {
  startTemporal,
  type RunningTemporal,
  type TemporalOptions,
} from '../../local/temporal-server.ts';
import { findTemporalCli } from '../../local/tools/temporal-cli.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { toolSearch } from '../set-up/tools.ts';

/** The servers that a set of chaos runs shares; each run has a namespace and databases of its own on them. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly temporalPort: number;
  readonly temporal: TemporalProcess;
  readonly postgresPort: number;
  /** Of a database of the PostgreSQL, without any proxy. */
  databaseUrl(name: string): string;
  /** The workflows, bundled once for all workers. */
  readonly bundle: string;
}

/** The Temporal server that all runs share: whoever kills it starts it again, on the same file and port. */
export interface TemporalProcess {
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Nothing to do while it lives. */
  start(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-chaos-'));
  const [{ port: temporalPort }, { port: postgresPort }] = [
    await choosePort(0),
    await choosePort(0),
  ];
  const { tool: cliPath } = await findTemporalCli({ ...toolSearch(true), sdkDownload: false });
  const bundle = join(folder, 'workflows.js');
  const [temporal, postgres] = await Promise.all([
    openTemporal({
      cliPath,
      port: temporalPort,
      databaseFile: join(folder, 'temporal', 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
    }),
    startPostgres({
      home: join(folder, 'postgres'),
      port: postgresPort,
      logFile: join(folder, 'postgres.log'),
      databases: ['wellspring'],
      settings: { max_connections: '200' },
    }),
    writeBundle(bundle),
  ]);
  return {
    folder,
    temporalPort,
    temporal,
    postgresPort,
    bundle,
    databaseUrl: (name) => postgres.urlOf(name),
    async [Symbol.asyncDispose]() {
      await Promise.all([temporal.stop(), postgres.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openTemporal(
  options: TemporalOptions,
): Promise<TemporalProcess & { stop(): Promise<void> }> {
  let server: RunningTemporal | undefined = await startTemporal(options);
  return {
    async kill() {
      if (!server) return;
      signalGroup(server.pid, 'SIGKILL');
      // Its group is gone already: this waits, and takes its record away.
      await server.stop();
      server = undefined;
    },
    async start() {
      server ??= await startTemporal(options);
    },
    async stop() {
      await server?.stop();
    },
  };
}

async function writeBundle(file: string): Promise<void> {
  const { code } = await bundleWorkflows((_level, message) => console.error(message));
  await writeFile(file, code);
}
