import { afterEach, expect, test } from 'vitest';
import { createAwsClients, type AwsClients } from '../../../adapters/aws/clients.ts';
import { putMetrics } from '../../../adapters/aws/metrics.ts';
import { createSecretReader } from '../../../adapters/aws/secrets.ts';
import { startAwsJson, type AwsJsonAnswer, type AwsJsonServer } from '../../fakes/aws-json.ts';

const open: { server?: AwsJsonServer; clients?: AwsClients } = {};

afterEach(async () => {
  open.clients?.close();
  await open.server?.close();
});

async function connect(...answers: AwsJsonAnswer[]) {
  const server = await startAwsJson(answers);
  const clients = createAwsClients({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    endpoints: { cloudwatch: server.url, secretsManager: server.url },
  });
  Object.assign(open, { server, clients });
  return { server, clients };
}

test('a run becomes one request to CloudWatch with its metrics by source', async () => {
  const { server, clients } = await connect({ status: 200, body: {} });

  const dimensions = { AgentId: 'docs' };
  await putMetrics(clients.cloudwatch, 'SourceAgents', [
    { name: 'ExecutionSuccess', value: 1, unit: 'Count', dimensions },
    { name: 'ExecutionDuration', value: 250, unit: 'Milliseconds', dimensions },
  ]);

  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]?.target).toBe('GraniteServiceVersion20100801.PutMetricData');
  expect(server.requests[0]?.body).toMatchObject({
    Namespace: 'SourceAgents',
    MetricData: [
      {
        MetricName: 'ExecutionSuccess',
        Value: 1,
        Unit: 'Count',
        Dimensions: [{ Name: 'AgentId', Value: 'docs' }],
      },
      { MetricName: 'ExecutionDuration', Value: 250, Unit: 'Milliseconds' },
    ],
  });
});

test('a metric that CloudWatch refuses is sent once: a repeat would count twice', async () => {
  const { server, clients } = await connect({
    status: 500,
    body: { __type: 'InternalServiceFault', message: 'no' },
  });

  await expect(
    putMetrics(clients.cloudwatch, 'SourceAgents', [
      { name: 'ExecutionSuccess', value: 0, unit: 'Count', dimensions: {} },
    ]),
  ).rejects.toThrow(/no|Fault/);

  expect(server.requests).toHaveLength(1);
});

test('a secret is asked for once and kept for a while', async () => {
  const { server, clients } = await connect({
    status: 200,
    body: { Name: 'wiki', SecretString: 's3cret' },
  });
  const read = createSecretReader(() => clients.secretsManager);

  const texts = [await read('wiki'), await read('wiki')];

  expect(texts).toEqual(['s3cret', 's3cret']);
  expect(server.requests).toHaveLength(1);
  expect(server.requests[0]).toMatchObject({
    target: 'secretsmanager.GetSecretValue',
    body: { SecretId: 'wiki' },
  });
});

test('a secret that was refused is asked for again, and that answer is kept', async () => {
  const answer = {
    status: 200,
    body: { Name: 'wiki', SecretString: 's3cret' },
  };
  const { server, clients } = await connect(answer, answer);
  const read = createSecretReader(() => clients.secretsManager);

  await read('wiki');
  await read('wiki', { fresh: true });
  await read('wiki');

  expect(server.requests).toHaveLength(2);
});

test('a secret that is missing is named, with the permission or the name to mend', async () => {
  const { clients } = await connect({
    status: 400,
    body: { __type: 'ResourceNotFoundException', message: 'gone' },
  });
  const read = createSecretReader(() => clients.secretsManager);

  await expect(read('wiki')).rejects.toMatchObject({
    type: 'NotFound',
    message: expect.stringContaining('"wiki"') as string,
  });
});

test('a binary secret is refused', async () => {
  const { clients } = await connect({ status: 200, body: { Name: 'wiki', SecretBinary: 'AAEC' } });

  await expect(createSecretReader(() => clients.secretsManager)('wiki')).rejects.toMatchObject({
    type: 'InvalidConfig',
  });
});
