import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAwsClients } from '../../adapters/aws/clients.ts';
import { createKnowledge } from '../../adapters/aws/knowledge.ts';
import { writeEndpoints, type Endpoints } from '../../adapters/endpoints.ts';
import { connectTemporal, type Temporal } from '../../adapters/temporal/connection.ts';
import { createS3Reader } from '../../local/bedrock/s3-reader.ts';
import { startBedrockServer } from '../../local/bedrock/server.ts';
import { choosePort } from '../../local/ports.ts';
import { startProcess } from '../../local/processes.ts';
import { startS3Server } from '../../local/s3/server.ts';
import { sharedServer } from '../set-up/servers.ts';
import { registerNamespace } from './namespace.ts';

export interface RunningSystem {
  /** The folder that people work in; its `.wellspring` holds the endpoints. */
  readonly folder: string;
  readonly endpoints: Endpoints;
  readonly temporal: Temporal;
  stop(): Promise<void>;
}

export interface SystemParts {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  /** More variables of the worker. */
  readonly env?: Readonly<Record<string, string>>;
}

const CREDENTIALS = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local-test-secret' };
const REGION = 'us-east-1';

/**
 * A whole system in parts of a test's own: a namespace of the shared Temporal, an S3 and a Bedrock server, a worker process; and a folder
 * with definitions of three sources: a SQLite database of three articles, a script with a dead letter, a database that is not there.
 */
export async function startRunningSystem(parts: SystemParts): Promise<RunningSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-cli-'));
  const closing: (() => Promise<void> | void)[] = [
    () => rm(folder, { recursive: true, force: true }),
  ];
  const stop = async (): Promise<void> => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    const namespace = `cli-${randomUUID().slice(0, 8)}`;
    await registerNamespace(parts.temporalAddress, namespace);
    const temporal = connectTemporal({ address: parts.temporalAddress, namespace });
    closing.push(() => temporal.close());
    const cloud = await startCloud(join(folder, 'cloud'), closing);
    const uiUrl = 'http://127.0.0.1:8233';
    const endpoints: Endpoints = {
      version: 1,
      pid: process.pid,
      startedAt: new Date().toISOString(),
      temporal: { address: parts.temporalAddress, namespace, uiUrl },
      database: { url: parts.databaseUrl },
      aws: cloud.aws,
      configFile: join(folder, 'wellspring.yaml'),
      variables: cloud.variables,
    };
    await writeSources(folder);
    await writeEndpoints(join(folder, '.wellspring'), endpoints);
    closing.push(await startWorker(folder, endpoints, parts.env));
    return { folder, endpoints, temporal, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Cloud {
  readonly aws: NonNullable<Endpoints['aws']>;
  readonly variables: Endpoints['variables'];
}

async function startCloud(folder: string, closing: (() => Promise<void> | void)[]): Promise<Cloud> {
  const s3 = await startS3Server({
    directory: join(folder, 's3'),
    port: 0,
    buckets: ['documents', 'evidence'],
    ...CREDENTIALS,
  });
  closing.push(() => s3.close());
  // The SDK writes into what it is given.
  const common = { region: REGION, credentials: { ...CREDENTIALS } };
  const reader = createAwsClients({ ...common, endpoints: { s3: s3.url } });
  closing.push(() => reader.close());
  const bedrock = await startBedrockServer({
    directory: join(folder, 'bedrock'),
    port: 0,
    ...CREDENTIALS,
    region: REGION,
    objects: createS3Reader(reader.s3),
    timing: { startingMs: 10, inProgressMs: 10, startsPerSecond: 10 },
  });
  closing.push(() => bedrock.close());
  const endpoints = { S3: s3.url, BEDROCK_AGENT: bedrock.url, BEDROCK_AGENT_RUNTIME: bedrock.url };
  return {
    aws: { endpoints, region: REGION, ...CREDENTIALS },
    variables: {
      ...(await makeKnowledgeBase(bedrock.url)),
      SOURCE_AGENTS_S3_BUCKET: 'documents',
      EVIDENCE_BUCKET: 'evidence',
    },
  };
}

async function makeKnowledgeBase(url: string): Promise<Readonly<Record<string, string>>> {
  const endpoints = { bedrockAgent: url, bedrockAgentRuntime: url };
  const clients = createAwsClients({ region: REGION, credentials: { ...CREDENTIALS }, endpoints });
  const { bedrockAgent: agent, bedrockAgentRuntime: runtime } = clients;
  const knowledge = createKnowledge({ agent, runtime });
  const signal = AbortSignal.timeout(30_000);
  try {
    for (;;) {
      const { knowledgeBaseId, status } = await knowledge.createKnowledgeBase({
        name: 'cli',
        roleArn: 'arn:aws:iam::000000000000:role/test',
        embeddingModelArn: `arn:aws:bedrock:${REGION}::foundation-model/amazon.titan-embed-text-v2:0`,
        vectorIndexArn: `arn:aws:s3vectors:${REGION}:000000000000:bucket/test/index/test`,
        clientToken: 'wellspring-test-of-the-command-line-01',
        signal,
      });
      if (status === 'ACTIVE') {
        const { dataSourceId } = await knowledge.createDataSource({
          knowledgeBaseId,
          name: 'documents',
          bucket: 'documents',
          prefix: '',
          clientToken: 'wellspring-test-of-the-command-line-02',
          signal,
        });
        return { KNOWLEDGE_BASE_ID: knowledgeBaseId, DATA_SOURCE_ID: dataSourceId };
      }
      await sleep(50, undefined, { signal });
    }
  } finally {
    clients.close();
  }
}

const SCRIPT = `
console.log(JSON.stringify({ kind: 'document', id: 'one', title: 'One', content: 'The first one.' }));
console.log(JSON.stringify({ kind: 'failed', id: 'two', failure: 'InvalidDocument', detail: 'It is a login form.' }));
`;

async function writeSources(folder: string): Promise<void> {
  const file = join(folder, 'articles.db');
  const database = new DatabaseSync(file);
  database.exec(
    `create table articles (id integer primary key, title text, body text);
     insert into articles values (1, 'Volcanoes', 'Lava is molten rock that a volcano expels.'),
       (2, 'Glaciers', 'A glacier is a persistent body of dense ice.'), (3, 'Rivers', 'A river is a natural stream of water.');`,
  );
  database.close();
  await mkdir(join(folder, 'scripts'), { recursive: true });
  const script = join(folder, 'scripts', 'pages.mjs');
  await writeFile(script, SCRIPT);
  await writeFile(join(folder, 'wellspring.yaml'), definitions(file, script));
}

function definitions(database: string, script: string): string {
  return `
knowledgeBases:
  - id: main
    knowledgeBaseId: "\${env:KNOWLEDGE_BASE_ID}"
    dataSourceId: "\${env:DATA_SOURCE_ID}"
    bucket: "\${env:SOURCE_AGENTS_S3_BUCKET}"
    evidence: { bucket: "\${env:EVIDENCE_BUCKET}", prefix: evidence }
    sync: { quiet: "1 second", maxWait: "5 seconds" }
sources:
  - id: articles
    type: database
    schedule: every 6 hours
    category: articles
    config: { url: "sqlite:${database}", table: articles, primaryKey: [id], title: title, body: [body] }
  - id: pages
    type: script
    schedule: "0 2 * * *"
    category: pages
    config: { command: ["${process.execPath}", "${script}"] }
  - id: absent
    type: database
    enabled: false
    schedule: every 6 hours
    category: absent
    config: { url: "sqlite:${join(database, '..', 'absent.db')}", table: t, primaryKey: [id], title: a, body: [b] }
`;
}

async function startWorker(
  folder: string,
  endpoints: Endpoints,
  env: SystemParts['env'] = {},
): Promise<() => Promise<void>> {
  const { temporal, database, aws } = endpoints;
  const { port } = await choosePort(0);
  const urls = Object.entries(aws?.endpoints ?? {}).map(
    ([name, url]) => [`AWS_ENDPOINT_URL_${name}`, url] as const,
  );
  const worker = await startProcess({
    name: 'worker',
    command: process.execPath,
    args: [fileURLToPath(new URL('../../workers/main.ts', import.meta.url))],
    logFile: join(folder, 'worker.log'),
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      WELLSPRING_DATABASE_URL: database?.url,
      WELLSPRING_HTTP_ADDRESS: `127.0.0.1:${port}`,
      WELLSPRING_ALLOWED_COMMANDS: '*',
      WELLSPRING_WORKFLOW_BUNDLE: await sharedServer('workflows'),
      WELLSPRING_INGESTION_STARTS_PER_SECOND: '2',
      WELLSPRING_INGESTION_POLL: '200 ms',
      WELLSPRING_SHUTDOWN_GRACE: '1 second',
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      ...Object.fromEntries(urls),
      ...env,
    },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    readyTimeoutMs: 60_000,
  });
  return () => worker.stop();
}
