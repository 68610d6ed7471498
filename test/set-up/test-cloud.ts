import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createAwsClients, type AwsClients } from '../../adapters/aws/clients.ts';
import { createKnowledge, type Knowledge } from '../../adapters/aws/knowledge.ts';
import { createFaultPlan, type FaultPlan } from '../../local/bedrock/faults.ts';
import type { RequestLog } from '../../local/bedrock/request-log.ts';
import { createS3Reader } from '../../local/bedrock/s3-reader.ts';
import { startBedrockServer } from '../../local/bedrock/server.ts';
import { startS3Server } from '../../local/s3/server.ts';
import type { SyncTarget } from '../../workflows/collection/activities.ts';

/** The embedded S3 and Bedrock with one knowledge base, on free ports and a folder that goes with `stop`. */
export interface TestCloud {
  readonly urls: { readonly s3: string; readonly bedrock: string };
  readonly credentials: typeof CREDENTIALS;
  readonly region: string;
  readonly bucket: string;
  readonly clients: AwsClients;
  readonly knowledge: Knowledge;
  readonly knowledgeBaseId: string;
  readonly faults: FaultPlan;
  /** What Bedrock was asked. */
  readonly bedrockRequests: RequestLog;
  /** A new data source on the keys below `<name>/`; an empty name takes the whole bucket. */
  dataSource(name: string): Promise<SyncTarget>;
  /** Writes one document with its sidecar, as a run does. */
  putDocument(key: string, text: string): Promise<void>;
  stop(): Promise<void>;
}

const CREDENTIALS = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local-test-secret' };
const REGION = 'us-east-1';
const BUCKET = 'documents';
const TIMING = {
  creatingMs: 0,
  startingMs: 20,
  inProgressMs: 100,
  startsPerSecond: 100,
  requestsPerSecond: {},
};

export async function startTestCloud(): Promise<TestCloud> {
  const folder = await mkdtemp(join(tmpdir(), 'wellspring-cloud-'));
  const faults = createFaultPlan();
  const s3 = await startS3Server({
    directory: join(folder, 's3'),
    buckets: [BUCKET],
    durability: 'none',
    ...CREDENTIALS,
  });
  const common = { region: REGION, credentials: { ...CREDENTIALS } };
  const reader = createAwsClients({ ...common, endpoints: { s3: s3.url } });
  const bedrock = await startBedrockServer({
    directory: join(folder, 'bedrock'),
    ...CREDENTIALS,
    region: REGION,
    objects: createS3Reader(reader.s3),
    timing: TIMING,
    faults,
  });
  const endpoints = { s3: s3.url, bedrockAgent: bedrock.url, bedrockAgentRuntime: bedrock.url };
  const clients = createAwsClients({ ...common, endpoints });
  const knowledge = createKnowledge({
    agent: clients.bedrockAgent,
    runtime: clients.bedrockAgentRuntime,
  });
  const knowledgeBaseId = await createBase(knowledge);
  return {
    urls: { s3: s3.url, bedrock: bedrock.url },
    credentials: CREDENTIALS,
    region: REGION,
    bucket: BUCKET,
    clients,
    knowledge,
    knowledgeBaseId,
    faults,
    bedrockRequests: bedrock.requests,
    dataSource: (name) => createSource(knowledge, knowledgeBaseId, name),
    async putDocument(key, text) {
      const sidecar = JSON.stringify({ metadataAttributes: { source_id: 'articles' } });
      await putText(clients, `${key}.metadata.json`, sidecar);
      await putText(clients, key, text);
    },
    async stop() {
      clients.close();
      await bedrock.close();
      reader.close();
      await s3.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createBase(knowledge: Knowledge): Promise<string> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const { knowledgeBaseId, status } = await knowledge.createKnowledgeBase({
      name: 'tests',
      roleArn: 'arn:aws:iam::000000000000:role/test',
      embeddingModelArn: `arn:aws:bedrock:${REGION}::foundation-model/amazon.titan-embed-text-v2:0`,
      vectorIndexArn: `arn:aws:s3vectors:${REGION}:000000000000:bucket/test/index/test`,
      clientToken: 'wellspring-test-knowledge-base-0000001',
      signal,
    });
    if (status === 'ACTIVE') return knowledgeBaseId;
    await sleep(20, undefined, { signal });
  }
}

async function createSource(
  knowledge: Knowledge,
  knowledgeBaseId: string,
  name: string,
): Promise<SyncTarget> {
  const { dataSourceId } = await knowledge.createDataSource({
    knowledgeBaseId,
    name: name === '' ? 'all' : name,
    bucket: BUCKET,
    prefix: name === '' ? '' : `${name}/`,
    clientToken: `wellspring-test-data-source-${name.padStart(20, '0')}`,
    signal: AbortSignal.timeout(30_000),
  });
  return { id: 'main', knowledgeBaseId, dataSourceId, quietMs: 100, maxWaitMs: 1000 };
}

async function putText({ s3 }: AwsClients, key: string, text: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: text }));
}
