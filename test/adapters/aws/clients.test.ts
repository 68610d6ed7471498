import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { ListKnowledgeBasesCommand } from '@aws-sdk/client-bedrock-agent';
import { RetrieveCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAwsClients, type AwsClients } from '../../../adapters/aws/clients.ts';

let server: Server;
let url: string;
let clients: AwsClients;
let seen: { readonly httpVersion: string; readonly url: string | undefined }[];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ httpVersion: request.httpVersion, url: request.url });
    response.writeHead(503).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  // A host name, so that only path-style reaches the server.
  url = `http://localhost:${port}`;
});
beforeEach(() => {
  seen = [];
  clients = createAwsClients({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    endpoints: {
      s3: url,
      bedrockAgent: url,
      bedrockAgentRuntime: url,
      cloudwatch: url,
      secretsManager: url,
    },
  });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.each([
  ['s3', 2, () => clients.s3.send(new HeadBucketCommand({ Bucket: 'docs' }))],
  ['bedrockAgent', 2, () => clients.bedrockAgent.send(new ListKnowledgeBasesCommand({}))],
  [
    'bedrockAgentRuntime',
    2,
    () =>
      clients.bedrockAgentRuntime.send(
        new RetrieveCommand({ knowledgeBaseId: 'KB12345678', retrievalQuery: { text: 'x' } }),
      ),
  ],
  [
    'cloudwatch',
    1,
    () => clients.cloudwatch.send(new PutMetricDataCommand({ Namespace: 'n', MetricData: [] })),
  ],
  [
    'secretsManager',
    2,
    () => clients.secretsManager.send(new GetSecretValueCommand({ SecretId: 's' })),
  ],
] as const)('%s speaks HTTP/1.1 with its endpoint and tries %s times', async (_, tries, call) => {
  await expect(call()).rejects.toThrow(Error);
  clients.close();

  expect(seen.map(({ httpVersion }) => httpVersion)).toEqual(
    Array.from({ length: tries }, () => '1.1'),
  );
});

test('an endpoint of our own is asked for buckets in the path', async () => {
  await expect(clients.s3.send(new HeadBucketCommand({ Bucket: 'docs' }))).rejects.toThrow(Error);
  clients.close();

  expect(seen[0]?.url).toMatch(/^\/docs/);
});

test('a client is made once', () => {
  expect(clients.s3).toBe(clients.s3);
  clients.close();
});
