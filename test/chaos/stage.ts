import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { choosePort } from '../../local/ports.ts';
import { startPostgres, type RunningPostgres } from '../../local/postgres.ts';
import { startTemporal, type RunningTemporal } from '../../local/temporal-server.ts';
import { findTemporalCli } from '../../local/tools/temporal-cli.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { toolSearch } from '../set-up/tools.ts';

/** The servers that a set of chaos runs shares; each run has a namespace and databases of its own on them. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly temporalPort: number;
  readonly postgresPort: number;
  /** Of a database of the PostgreSQL, without any proxy. */
  databaseUrl(name: string): string;
  /** The workflows, bundled once for all workers. */
  readonly bundle: string;
  /** Kills the server and starts it again on the same port and the same files. */
  crashTemporal(): Promise<void>;
  crashPostgres(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-chaos-'));
  const [{ port: temporalPort }, { port: postgresPort }] = [
    await choosePort(0),
    await choosePort(0),
  ];
  const { tool: cliPath } = await findTemporalCli({ ...toolSearch(true), sdkDownload: false });
  const runTemporal = (): Promise<RunningTemporal> =>
    startTemporal({
      cliPath,
      port: temporalPort,
      databaseFile: join(folder, 'temporal', 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
    });
  const runPostgres = (): Promise<RunningPostgres> =>
    startPostgres({
      home: join(folder, 'postgres'),
      port: postgresPort,
      logFile: join(folder, 'postgres.log'),
      databases: ['wellspring'],
      settings: { max_connections: '200' },
    });
  const bundle = join(folder, 'workflows.js');
  let [temporal, postgres] = await Promise.all([runTemporal(), runPostgres(), writeBundle(bundle)]);
  return {
    folder,
    temporalPort,
    postgresPort,
    bundle,
    databaseUrl: (name) => postgres.urlOf(name),
    async crashTemporal() {
      await kill(join(folder, 'temporal', 'processes', 'Temporal.json'));
      await temporal.stop();
      temporal = await runTemporal();
    },
    async crashPostgres() {
      await kill(join(folder, 'postgres', 'processes', 'PostgreSQL.json'));
      await postgres.stop();
      postgres = await runPostgres();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([temporal.stop(), postgres.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server that this process started, by the record that `startProcess` keeps of it. */
async function kill(record: string): Promise<void> {
  const { pid } = JSON.parse(await readFile(record, 'utf8')) as { pid: number };
  process.kill(-pid, 'SIGKILL');
}

async function writeBundle(file: string): Promise<void> {
  const { code } = await bundleWorkflows((_level, message) => console.error(message));
  await writeFile(file, code);
}
