import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  BedrockAgentClient,
  CreateDataSourceCommand,
  CreateKnowledgeBaseCommand,
  GetIngestionJobCommand,
  StartIngestionJobCommand,
  type CreateDataSourceCommandInput,
  type CreateKnowledgeBaseCommandInput,
  type IngestionJob,
} from '@aws-sdk/client-bedrock-agent';
import { BedrockAgentRuntimeClient } from '@aws-sdk/client-bedrock-agent-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { onTestFinished } from 'vitest';
import { createFaultPlan, type FaultPlan } from '../../../local/bedrock/faults.ts';
import type { ObjectReader } from '../../../local/bedrock/objects.ts';
import { startBedrockServer, type BedrockServer } from '../../../local/bedrock/server.ts';
import type { Clock, Timing } from '../../../local/bedrock/timing.ts';

/** A bucket in memory, with the ETags of S3. */
export interface Bucket extends ObjectReader {
  put(key: string, content: string | Buffer): void;
  delete(key: string): void;
  /** How often an object was read. */
  readonly reads: readonly string[];
}

export const BUCKET = 'documents';

export function createBucket(files: Readonly<Record<string, string>> = {}): Bucket {
  const objects = new Map(Object.entries(files).map(([key, text]) => [key, Buffer.from(text)]));
  const reads: string[] = [];
  return {
    reads,
    put: (key, content) => void objects.set(key, Buffer.from(content)),
    delete: (key) => void objects.delete(key),
    exists: (bucket) => Promise.resolve(bucket === BUCKET),
    get(_bucket, key) {
      reads.push(key);
      return Promise.resolve(objects.get(key));
    },
    async *list(_bucket, prefix) {
      for (const [key, content] of objects) {
        if (!key.startsWith(prefix)) continue;
        const etag = createHash('md5').update(content).digest('hex');
        yield await Promise.resolve({ key, size: content.length, etag });
      }
    },
  };
}

interface ManualClock extends Clock {
  /** Lets time pass, and everything happen that was waiting for it. */
  advance(ms: number): Promise<void>;
}

function createManualClock(start = Date.UTC(2026, 10, 21)): ManualClock {
  let now = start;
  let waiting: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    now: () => now,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) reject(new Error('aborted'));
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
        waiting.push({ at: now + Math.max(0, ms), wake: resolve });
        if (ms <= 0) resolve();
      }),
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const next = Math.min(...waiting.map(({ at }) => at), end);
        const due = waiting.filter(({ at }) => at <= next);
        if (due.length === 0) break;
        now = Math.max(now, next);
        waiting = waiting.filter((one) => !due.includes(one));
        for (const { wake } of due) wake();
        await settle();
      }
      now = end;
    },
  };
}

/** Lets everything finish that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await setImmediate();
}

export interface Setup {
  readonly server: BedrockServer;
  readonly agent: BedrockAgentClient;
  readonly runtime: BedrockAgentRuntimeClient;
  readonly bucket: Bucket;
  readonly clock: ManualClock;
  readonly faults: FaultPlan;
  readonly directory: string;
}

export interface SetupOptions {
  readonly bucket?: Bucket;
  readonly clock?: ManualClock;
  readonly directory?: string;
  readonly timing?: Partial<Timing>;
}

export const CREDENTIALS = { accessKeyId: 'EMBEDDED', secretAccessKey: 'embedded-secret' };

const GENEROUS: Partial<Timing> = { startsPerSecond: 1000, requestsPerSecond: {} };

/** A server on a free port with both clients, everything closed at the end of the test. */
export async function setUp(options: SetupOptions = {}): Promise<Setup> {
  const directory = options.directory ?? (await scratchDirectory());
  const bucket = options.bucket ?? createBucket();
  const clock = options.clock ?? createManualClock();
  const faults = createFaultPlan();
  const server = await startBedrockServer({
    directory,
    ...CREDENTIALS,
    objects: bucket,
    faults,
    timing: { ...GENEROUS, clock, ...options.timing },
  });
  const { agent, runtime } = createClients(server.url);
  onTestFinished(async () => {
    agent.destroy();
    runtime.destroy();
    await server.close();
  });
  return { server, agent, runtime, bucket, clock, faults, directory };
}

export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'bedrock-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** `maxAttempts` 1: what the server answers is what the test sees. */
export function createClients(
  endpoint: string,
  { credentials = CREDENTIALS, maxAttempts = 1 } = {},
): { readonly agent: BedrockAgentClient; readonly runtime: BedrockAgentRuntimeClient } {
  const config = { region: 'us-east-1', endpoint, credentials, maxAttempts };
  return {
    agent: new BedrockAgentClient(config),
    runtime: new BedrockAgentRuntimeClient({ ...config, requestHandler: new NodeHttpHandler() }),
  };
}

export function knowledgeBaseRequest(
  name = 'docs',
  storageType: 'S3_VECTORS' | 'OPENSEARCH_SERVERLESS' = 'OPENSEARCH_SERVERLESS',
): CreateKnowledgeBaseCommandInput {
  return {
    name,
    roleArn: 'arn:aws:iam::000000000000:role/knowledge-base',
    knowledgeBaseConfiguration: {
      type: 'VECTOR',
      vectorKnowledgeBaseConfiguration: {
        embeddingModelArn:
          'arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0',
      },
    },
    storageConfiguration: { type: storageType },
  };
}

export function dataSourceRequest(
  knowledgeBaseId: string,
  more: Partial<CreateDataSourceCommandInput> = {},
): CreateDataSourceCommandInput {
  return {
    knowledgeBaseId,
    name: 'bucket',
    dataSourceConfiguration: {
      type: 'S3',
      s3Configuration: { bucketArn: `arn:aws:s3:::${BUCKET}`, inclusionPrefixes: ['kb/'] },
    },
    ...more,
  };
}

export interface DataSourceIds {
  readonly knowledgeBaseId: string;
  readonly dataSourceId: string;
}

/** An ACTIVE knowledge base with one data source on the prefix `kb/`. */
export async function createDocs(
  { agent, clock }: Setup,
  {
    name = 'docs',
    storageType = 'OPENSEARCH_SERVERLESS',
    more = {},
  }: {
    readonly name?: string;
    readonly storageType?: 'S3_VECTORS' | 'OPENSEARCH_SERVERLESS';
    readonly more?: Partial<CreateDataSourceCommandInput>;
  } = {},
): Promise<DataSourceIds> {
  const { knowledgeBase } = await agent.send(
    new CreateKnowledgeBaseCommand(knowledgeBaseRequest(name, storageType)),
  );
  const knowledgeBaseId = knowledgeBase?.knowledgeBaseId ?? '';
  await clock.advance(5000);
  const { dataSource } = await agent.send(
    new CreateDataSourceCommand(dataSourceRequest(knowledgeBaseId, more)),
  );
  return { knowledgeBaseId, dataSourceId: dataSource?.dataSourceId ?? '' };
}

/** Starts a job and lets enough time pass for it to end. */
export async function runJob(setup: Setup, ids: DataSourceIds): Promise<IngestionJob | undefined> {
  const { ingestionJob } = await setup.agent.send(new StartIngestionJobCommand(ids));
  await setup.clock.advance(10_000);
  return readJob(setup, ids, ingestionJob?.ingestionJobId);
}

export async function readJob(
  { agent }: Setup,
  ids: DataSourceIds,
  ingestionJobId: string | undefined,
): Promise<IngestionJob | undefined> {
  const { ingestionJob } = await agent.send(new GetIngestionJobCommand({ ...ids, ingestionJobId }));
  return ingestionJob;
}

/** A token as the service wants it: at least 33 characters. */
export function tokenOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
