import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsClients } from '../adapters/aws/clients.ts';
import { createKnowledge } from '../adapters/aws/knowledge.ts';

export interface KnowledgeBaseTarget {
  readonly region: string;
  /** The bucket that its data source reads, as a whole. */
  readonly bucket: string;
}

/** The ids under the names that definitions use: `${env:KNOWLEDGE_BASE_ID}`. */
export type KnowledgeBaseIds = Readonly<Record<'KNOWLEDGE_BASE_ID' | 'DATA_SOURCE_ID', string>>;

const NAME = 'wellspring';
const WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 250;

/** Makes the knowledge base of the embedded Bedrock and its data source; finds them again at every later start. */
export async function ensureKnowledgeBase(
  { bedrockAgent, bedrockAgentRuntime }: AwsClients,
  { region, bucket }: KnowledgeBaseTarget,
): Promise<KnowledgeBaseIds> {
  const knowledge = createKnowledge({ agent: bedrockAgent, runtime: bedrockAgentRuntime });
  const signal = AbortSignal.timeout(WITHIN_MS);
  const request = {
    name: NAME,
    roleArn: 'arn:aws:iam::000000000000:role/wellspring-embedded',
    embeddingModelArn: `arn:aws:bedrock:${region}::foundation-model/amazon.titan-embed-text-v2:0`,
    vectorIndexArn: `arn:aws:s3vectors:${region}:000000000000:bucket/wellspring/index/wellspring`,
    clientToken: 'wellspring-embedded-knowledge-base-0001',
    signal,
  };
  for (;;) {
    const { knowledgeBaseId, status } = await knowledge.createKnowledgeBase(request);
    if (status !== 'ACTIVE') {
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
      continue;
    }
    const { dataSourceId } = await knowledge.createDataSource({
      knowledgeBaseId,
      name: 'documents',
      bucket,
      prefix: '',
      clientToken: 'wellspring-embedded-data-source-000001',
      signal,
    });
    return { KNOWLEDGE_BASE_ID: knowledgeBaseId, DATA_SOURCE_ID: dataSourceId };
  }
}
