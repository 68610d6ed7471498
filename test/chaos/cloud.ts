import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAwsClients, type AwsClients } from '../../adapters/aws/clients.ts';
import { createKnowledge, type Knowledge } from '../../adapters/aws/knowledge.ts';
import { createFaultPlan, type FaultPlan } from '../../local/bedrock/faults.ts';
import { createS3Reader } from '../../local/bedrock/s3-reader.ts';
import { startBedrockServer, type BedrockServer } from '../../local/bedrock/server.ts';
import type { FaultRule } from '../../local/s3/faults.ts';
import { startS3Server, type S3Server } from '../../local/s3/server.ts';
import type { SyncTarget } from '../../workflows/collection/activities.ts';

/** The local S3 and Bedrock of one chaos run, in this process: their fault plans and request logs are at hand. */
export interface ChaosCloud {
  readonly s3: S3Server;
  readonly bedrock: BedrockServer;
  /** Rules of this list go wrong; empty it to be well again. */
  readonly s3Faults: FaultRule[];
  readonly bedrockFaults: FaultPlan;
  /** Session tokens that S3 knows. */
  readonly s3Sessions: Map<string, 'valid' | 'expired'>;
  readonly clients: AwsClients;
  readonly knowledge: Knowledge;
  readonly bucket: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly target: SyncTarget;
  /** Where Bedrock keeps its jobs and documents. */
  readonly bedrockFolder: string;
  stop(): Promise<void>;
}

export interface CloudOptions {
  readonly folder: string;
  /** Decides which of the requests that may fail do. */
  readonly seed: number;
  readonly secretAccessKey: string;
}

export async function startChaosCloud({
  folder,
  seed,
  secretAccessKey,
}: CloudOptions): Promise<ChaosCloud> {
  const credentials = { accessKeyId: 'LOCALCHAOS', secretAccessKey };
  const s3Faults: FaultRule[] = [];
  const s3Sessions: ChaosCloud['s3Sessions'] = new Map();
  const s3 = await startS3Server({
    directory: join(folder, 's3'),
    buckets: [BUCKET, EVIDENCE_BUCKET],
    durability: 'none',
    faults: s3Faults,
    faultSeed: seed,
    sessions: s3Sessions,
    ...credentials,
  });
  const common = { region: REGION, credentials: { ...credentials } };
  // Jobs read what is there: accidents are for the product.
  const reader = createAwsClients({ ...common, endpoints: { s3: s3.url } });
  const bedrockFaults = createFaultPlan();
  const bedrockFolder = join(folder, 'bedrock');
  const bedrock = await startBedrockServer({
    directory: bedrockFolder,
    ...credentials,
    region: REGION,
    objects: createS3Reader(reader.s3),
    timing: TIMING,
    faults: bedrockFaults,
  });
  const endpoints = { s3: s3.url, bedrockAgent: bedrock.url, bedrockAgentRuntime: bedrock.url };
  const clients = createAwsClients({ ...common, endpoints });
  const { bedrockAgent: agent, bedrockAgentRuntime: runtime } = clients;
  const knowledge = createKnowledge({ agent, runtime });
  return {
    s3,
    bedrock,
    s3Faults,
    bedrockFaults,
    s3Sessions,
    clients,
    knowledge,
    bucket: BUCKET,
    region: REGION,
    credentials,
    target: await makeTarget(knowledge),
    bedrockFolder,
    async stop() {
      clients.close();
      await bedrock.close();
      reader.close();
      await s3.close();
    },
  };
}

/** What repairs keep of pages: no knowledge base reads it. */
export const EVIDENCE_BUCKET = 'evidence';

const REGION = 'us-east-1';
const BUCKET = 'documents';
const TIMING = {
  creatingMs: 0,
  startingMs: 50,
  inProgressMs: 300,
  stoppingMs: 50,
  startsPerSecond: 100,
  requestsPerSecond: {},
};
/** Short, so that a run of the harness waits for no person's pace. */
const SYNC = { quietMs: 700, maxWaitMs: 4000 };

async function makeTarget(knowledge: Knowledge): Promise<SyncTarget> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const { knowledgeBaseId, status } = await knowledge.createKnowledgeBase({
      name: 'chaos',
      roleArn: 'arn:aws:iam::000000000000:role/chaos',
      embeddingModelArn: `arn:aws:bedrock:${REGION}::foundation-model/amazon.titan-embed-text-v2:0`,
      vectorIndexArn: `arn:aws:s3vectors:${REGION}:000000000000:bucket/chaos/index/chaos`,
      clientToken: 'wellspring-chaos-knowledge-base-000001',
      signal,
    });
    if (status !== 'ACTIVE') {
      await sleep(20, undefined, { signal });
      continue;
    }
    const { dataSourceId } = await knowledge.createDataSource({
      knowledgeBaseId,
      name: 'all',
      bucket: BUCKET,
      prefix: '',
      clientToken: 'wellspring-chaos-data-source-000000001',
      signal,
    });
    return { id: 'main', knowledgeBaseId, dataSourceId, ...SYNC };
  }
}
