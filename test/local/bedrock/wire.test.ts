import { get } from 'node:http';
import {
  CreateAgentCommand,
  GetIngestionJobCommand,
  ListIngestionJobsCommand,
  ListKnowledgeBasesCommand,
  StartIngestionJobCommand,
} from '@aws-sdk/client-bedrock-agent';
import { RerankCommand, RetrieveAndGenerateCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { expect, onTestFinished, test } from 'vitest';
import type { AnswerFault } from '../../../local/bedrock/faults.ts';
import { createClients, CREDENTIALS, createDocs, runJob, setUp, tokenOf } from './fixture.ts';

test.each([
  [{ ...CREDENTIALS, accessKeyId: 'UNKNOWN' }, 'UnrecognizedClientException'],
  [{ ...CREDENTIALS, secretAccessKey: 'other' }, 'InvalidSignatureException'],
])('foreign credentials are refused: %j gives %s', async (credentials, name) => {
  const { server } = await setUp();
  const { agent } = createClients(server.url, { credentials });
  onTestFinished(() => agent.destroy());

  const list = agent.send(new ListKnowledgeBasesCommand({}));

  await expect(list).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
});

test('a request without a signature is refused', async () => {
  const { server } = await setUp();

  const response = await fetch(`${server.url}/knowledgebases/`, { method: 'POST', body: '{}' });

  expect(response.status).toBe(403);
  expect(response.headers.get('x-amzn-errortype')).toBe('UnrecognizedClientException');
});

test('what is not served is refused by name', async () => {
  const { agent, runtime } = await setUp();
  const refused = { name: 'NotImplementedException', $metadata: { httpStatusCode: 501 } };

  await expect(
    runtime.send(new RetrieveAndGenerateCommand({ input: { text: 'a' } })),
  ).rejects.toMatchObject({ ...refused, message: expect.stringContaining('RetrieveAndGenerate') });
  await expect(
    runtime.send(
      new RerankCommand({ queries: [], sources: [], rerankingConfiguration: undefined }),
    ),
  ).rejects.toMatchObject({ ...refused, message: expect.stringContaining('Rerank') });
  await expect(agent.send(new CreateAgentCommand({ agentName: 'a' }))).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining('CreateAgent'),
  });
});

test.each([
  ['throttle', 'ThrottlingException', 429],
  ['conflict', 'ConflictException', 409],
  ['internal-error', 'InternalServerException', 500],
] as const)('a planned %s is answered once', async (kind, name, httpStatusCode) => {
  const setup = await setUp();
  const fault: AnswerFault = { kind, operation: 'ListKnowledgeBases' };
  setup.faults.add(fault);

  const list = () => setup.agent.send(new ListKnowledgeBasesCommand({}));

  await expect(list()).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  await expect(list()).resolves.toMatchObject({ knowledgeBaseSummaries: [] });
});

test('after a lost answer the same token finds the job that was started', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);
  setup.faults.add({ kind: 'lost-answer', operation: 'StartIngestionJob' });
  const { agent } = createClients(setup.server.url, { maxAttempts: 2 });
  onTestFinished(() => agent.destroy());

  await agent.send(new StartIngestionJobCommand({ ...ids, clientToken: tokenOf('lost') }));
  const { ingestionJobSummaries } = await agent.send(new ListIngestionJobsCommand(ids));

  expect(setup.server.requests.count('StartIngestionJob')).toBe(2);
  expect(ingestionJobSummaries).toHaveLength(1);
  expect(setup.server.requests.all().map(({ status }) => status)).toContain('lost');
});

test('a job can be made to fail with a reason, or to stick', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);
  setup.faults.add({ kind: 'job-fails', reason: 'The model is away.' }, { kind: 'job-sticks' });

  const failed = await runJob(setup, ids);
  const stuck = await runJob(setup, ids);

  expect(failed).toMatchObject({ status: 'FAILED', failureReasons: ['The model is away.'] });
  expect(stuck?.status).toBe('IN_PROGRESS');
});

test('a planned document fault fails that document alone', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);
  setup.bucket.put('kb/a.md', 'a');
  setup.bucket.put('kb/b.md', 'b');
  setup.faults.add({ kind: 'document-fails', uri: 'kb/b.md' });

  const job = await runJob(setup, ids);

  expect(job).toMatchObject({
    status: 'COMPLETE',
    statistics: { numberOfNewDocumentsIndexed: 1, numberOfDocumentsFailed: 1 },
  });
});

test('an unknown job is not found', async () => {
  const setup = await setUp();
  const ids = await createDocs(setup);

  const get = setup.agent.send(
    new GetIngestionJobCommand({ ...ids, ingestionJobId: 'NOSUCHJOB1' }),
  );

  await expect(get).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test.each(['//', '/knowledgebases/%E0%A4%A', '/%'])('the path "%s" harms nobody', async (path) => {
  const { server } = await setUp();

  const status = await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: server.port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

  expect([400, 403]).toContain(status);
});
