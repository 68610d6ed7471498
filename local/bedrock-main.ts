import { createAwsClients } from '../adapters/aws/clients.ts';
import { createS3Reader } from './bedrock/s3-reader.ts';
import { startBedrockServer } from './bedrock/server.ts';
import { readBedrockConfig, type BedrockConfig } from './config.ts';
import { ensureKnowledgeBase } from './knowledge-base.ts';
import { stopOnSignal } from './stop-on-signal.ts';

/**
 * The embedded Bedrock as a process of its own, beside any S3 server: for a set-up on real parts that has no AWS account.
 * It prints the ids of its knowledge base, which definitions need, and serves until it is told to end.
 */
async function main({ s3Url, region, bucket, directory, ...own }: BedrockConfig): Promise<void> {
  const { host, port, accessKeyId, secretAccessKey } = own;
  const credentials = { accessKeyId, secretAccessKey };
  const s3 = createAwsClients({
    region,
    credentials: { ...credentials },
    endpoints: { s3: s3Url },
  });
  const bedrock = await startBedrockServer({
    directory,
    host,
    port,
    region,
    ...credentials,
    objects: createS3Reader(s3.s3),
  });
  stopOnSignal(async () => {
    await bedrock.close();
    s3.close();
  });
  const self = `http://127.0.0.1:${bedrock.port}`;
  const clients = createAwsClients({
    region,
    credentials: { ...credentials },
    endpoints: { bedrockAgent: self, bedrockAgentRuntime: self },
  });
  const ids = await ensureKnowledgeBase(clients, { region, bucket });
  clients.close();
  const lines = Object.entries(ids).map(([name, id]) => `${name}=${id}`);
  console.log([`Bedrock on ${bedrock.url}, reading "${bucket}" on ${s3Url}`, ...lines].join('\n'));
}

try {
  await main(readBedrockConfig());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // The server may listen already; nothing keeps running half-made.
  process.exit(1);
}
