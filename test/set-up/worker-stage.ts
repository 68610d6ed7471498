import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '../../adapters/postgres/database.ts';
import { migrate } from '../../adapters/postgres/migrate.ts';
import { storeRevision } from '../../adapters/postgres/revisions.ts';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { choosePort } from '../../local/ports.ts';
import { startProcess, type RunningProcess } from '../../local/processes.ts';
import type { RunOutcome } from '../../workflows/collection/collect-source.ts';
import type { SourceDefinition } from '../../workflows/collection/definitions.ts';
import { sourceDefinition } from '../fakes/source-definition.ts';
import { freshDatabase } from './postgres.ts';
import { sharedServer } from './servers.ts';
import { newNamespace } from './temporal-workers.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

/** Everything around a worker process: a namespace, a database, a cloud; workers come and go. */
export interface WorkerStage extends AsyncDisposable {
  readonly temporal: Temporal;
  readonly db: Database;
  readonly cloud: TestCloud;
  readonly folder: string;
  /** Puts sources in force that run `command` and store below the whole bucket. */
  applyScripts(commands: Readonly<Record<string, readonly string[]>>): Promise<void>;
  startWorker(env?: Readonly<Record<string, string>>): Promise<WorkerProcess>;
  startRun(source: string): ReturnType<Temporal['client']['workflow']['start']>;
}

export interface WorkerProcess extends RunningProcess {
  /** Of /healthz, /readyz and /metrics. */
  readonly url: string;
}

export async function openWorkerStage(): Promise<WorkerStage> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-stage-'));
  const database = await freshDatabase();
  const db = openDatabase(database.url);
  await migrate(db);
  const cloud = await startTestCloud();
  const { knowledgeBaseId, dataSourceId } = await cloud.dataSource('');
  const address = await sharedServer('temporal');
  const workflows = await sharedServer('workflows');
  const namespace = await newNamespace(address);
  const temporal = connectTemporal({ address, namespace });
  const workers: WorkerProcess[] = [];
  return {
    temporal,
    db,
    cloud,
    folder,
    async applyScripts(commands) {
      const definitions = Object.entries(commands).map(([id, command]) =>
        scriptDefinition(id, command, { knowledgeBaseId, dataSourceId, bucket: cloud.bucket }),
      );
      await storeRevision(db, { definitions, author: 'test' });
    },
    async startWorker(env = {}) {
      const { port } = await choosePort(0);
      const url = `http://127.0.0.1:${port}`;
      const running = await startProcess({
        name: 'worker',
        command: process.execPath,
        args: [fileURLToPath(new URL('../../workers/main.ts', import.meta.url))],
        logFile: join(folder, `worker-${workers.length + 1}.log`),
        env: {
          TEMPORAL_ADDRESS: address,
          TEMPORAL_NAMESPACE: namespace,
          WELLSPRING_DATABASE_URL: database.url,
          WELLSPRING_HTTP_ADDRESS: `127.0.0.1:${port}`,
          WELLSPRING_ALLOWED_COMMANDS: '*',
          WELLSPRING_WORKFLOW_BUNDLE: workflows,
          WELLSPRING_INGESTION_STARTS_PER_SECOND: '2',
          WELLSPRING_INGESTION_POLL: '100 ms',
          ...awsVariables(cloud),
          ...env,
        },
        ready: async () => (await fetch(`${url}/readyz`)).ok,
        readyTimeoutMs: 60_000,
      });
      const worker = { ...running, url };
      workers.push(worker);
      return worker;
    },
    startRun: (source) =>
      temporal.client.workflow.start<(input: object) => Promise<RunOutcome>>('collectSource', {
        workflowId: `collect:${source}`,
        taskQueue: 'orchestration',
        args: [{ v: 1, source, trigger: 'manual' }],
      }),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await temporal.close();
      await cloud.stop();
      await db.destroy();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function scriptDefinition(
  id: string,
  command: readonly string[],
  place: {
    readonly knowledgeBaseId: string;
    readonly dataSourceId: string;
    readonly bucket: string;
  },
): SourceDefinition {
  const base = sourceDefinition({ id });
  const sync = { quietMs: 200, maxWaitMs: 2000 };
  return {
    ...base,
    type: 'script',
    category: 'scripts',
    config: { command },
    knowledgeBase: { ...base.knowledgeBase, ...place, sync },
  };
}

function awsVariables({ urls, region, credentials }: TestCloud): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: urls.bedrock,
    AWS_ENDPOINT_URL_S3: urls.s3,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}
