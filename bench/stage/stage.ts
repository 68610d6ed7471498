import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { Client } from 'pg';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { readLocalConfig } from '../../local/config.ts';
import { choosePort } from '../../local/ports.ts';
import { startPostgres } from '../../local/postgres.ts';
import { startTemporal } from '../../local/temporal-server.ts';
import { findTemporalCli } from '../../local/tools/temporal-cli.ts';
import { installStatementCounters, STATEMENT_SETTINGS } from '../measure/statements.ts';
import { startS3Stub, type S3Stub } from './s3-stub.ts';

/** Everything around the process that is measured: real servers, and an S3 that counts and discards. */
export interface Stage extends AsyncDisposable {
  /** Goes away with all in it. */
  readonly folder: string;
  readonly temporal: Temporal;
  /** The product's own database, and a plain connection to the server for counters. */
  readonly db: Database;
  readonly manifestUrl: string;
  /** The database that the sources read. */
  readonly sources: Client;
  readonly sourceUrl: string;
  readonly s3: S3Stub;
  readonly servers: Readonly<Record<string, string>>;
  /** The workflows of the product with those of the peers, bundled once for all workers of the bench. */
  readonly bundleFile: string;
}

export const MANIFEST_DATABASE = 'wellspring';
const SOURCE_DATABASE = 'sources';

/** Starts the servers; `say` is told what takes time. Linux only: memory and CPU time are read from /proc. */
export async function openStage(say: (line: string) => void): Promise<Stage> {
  if (process.platform !== 'linux')
    throw new Error(
      `Benches read CPU time and memory from /proc, which "${process.platform}" does not have. Run them on Linux.`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-bench-'));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  say('starting PostgreSQL, Temporal and the S3 stub');
  const [postgres, server, s3, bundleFile] = await Promise.all([
    kept(undo, startDatabaseServer(folder)),
    kept(undo, startTemporalServer(folder, say)),
    kept(undo, startS3Stub(folder)),
    bundleWorkflows(folder),
  ]);
  const temporal = connectTemporal({ address: server.address, namespace: server.namespace });
  undo.defer(() => temporal.close());
  const db = openDatabase(postgres.url);
  undo.defer(() => db.destroy());
  await migrate(db);
  const sourceUrl = postgres.urlOf(SOURCE_DATABASE);
  const sources = new Client({ connectionString: sourceUrl });
  await sources.connect();
  undo.defer(() => sources.end());
  await installStatementCounters(sources);
  const servers = await serverVersions(temporal, sources);
  const owned = undo.move();
  return {
    folder,
    temporal,
    db,
    manifestUrl: postgres.url,
    sources,
    sourceUrl,
    s3,
    servers,
    bundleFile,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function kept<Server extends { stop(): Promise<void> }>(
  undo: AsyncDisposableStack,
  starting: Promise<Server>,
): Promise<Server> {
  const server = await starting;
  undo.defer(() => server.stop());
  return server;
}

async function startDatabaseServer(folder: string) {
  const { port } = await choosePort(0);
  return startPostgres({
    home: join(folder, 'postgres'),
    port,
    logFile: join(folder, 'postgres.log'),
    databases: [MANIFEST_DATABASE, SOURCE_DATABASE],
    // A checkpoint in the middle of a run would be counted to whoever runs then.
    settings: { ...STATEMENT_SETTINGS, max_wal_size: '4GB', checkpoint_timeout: '1h' },
  });
}

async function startTemporalServer(folder: string, announce: (line: string) => void) {
  const search = { ...readLocalConfig(), mayInstall: true, sdkDownload: true, announce };
  const [{ tool: cliPath }, { port }] = await Promise.all([findTemporalCli(search), choosePort(0)]);
  return startTemporal({ cliPath, port, logFile: join(folder, 'temporal.log') });
}

async function serverVersions({ connection }: Temporal, sources: Client) {
  const { serverVersion } = await connection.workflowService.getSystemInfo({});
  const { rows } = await sources.query<{ server_version: string }>('show server_version');
  return { Temporal: serverVersion ?? 'unknown', PostgreSQL: rows[0]?.server_version ?? 'unknown' };
}

async function bundleWorkflows(folder: string): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  const silent = (): void => undefined;
  const logger = {
    log: silent,
    trace: silent,
    debug: silent,
    info: silent,
    warn: silent,
    error: silent,
  };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger });
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  return file;
}
