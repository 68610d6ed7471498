import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  type ConverseCommandInput,
  type ToolConfiguration,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CREDENTIALS, setUp } from './fixture.ts';

const MODEL = 'arn:aws:bedrock:us-east-1:000000000000:inference-profile/eu.test-model-v1:0';
const PAGE = {
  url: 'https://a.example/aare',
  text: '# Aare\n\nThe Aare is 288 kilometres long. It is cold in spring.',
};
const TOOLS: ToolConfiguration = {
  tools: ['fetch_page', 'strands_structured_output'].map((name) => ({
    toolSpec: { name, inputSchema: { json: { type: 'object' } } },
  })),
};

async function connect(credentials = CREDENTIALS) {
  const { server, faults } = await setUp();
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: server.url,
    credentials,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  onTestFinished(() => client.destroy());
  const ask = (more: Partial<ConverseCommandInput> = {}) =>
    client.send(
      new ConverseCommand({ modelId: MODEL, messages: [user('How long is the Aare?')], ...more }),
    );
  return { server, client, faults, ask };
}

function user(text: string) {
  return { role: 'user' as const, content: [{ text }] };
}

test('a conversation is answered with its usage; the model may be an ARN', async () => {
  const { server, ask } = await connect();
  const { output, stopReason, usage } = await ask();

  expect(output?.message?.content).toStrictEqual([{ text: 'I have read nothing about that.' }]);
  expect(stopReason).toBe('end_turn');
  expect(usage?.totalTokens).toBe((usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0));
  expect(server.requests.count('Converse')).toBe(1);
});

test('an answer above its bound is cut', async () => {
  const { ask } = await connect();

  expect(await ask({ inferenceConfig: { maxTokens: 1 } })).toMatchObject({
    stopReason: 'max_tokens',
  });
});

test.each([
  [{ ...CREDENTIALS, accessKeyId: 'UNKNOWN' }, 'UnrecognizedClientException'],
  [{ ...CREDENTIALS, secretAccessKey: 'other' }, 'InvalidSignatureException'],
])('foreign credentials are refused: %j gives %s', async (credentials, name) => {
  const { ask } = await connect(credentials);

  await expect(ask()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
});

test.each([
  ['that begins with the assistant', { messages: [{ ...user('a'), role: 'assistant' as const }] }],
  ['with a temperature above 1', { inferenceConfig: { temperature: 2 } }],
  ['without messages', { messages: [] }],
])('a conversation %s is a ValidationException', async (_what, more) => {
  const { ask } = await connect();

  await expect(ask(more)).rejects.toMatchObject({ name: 'ValidationException' });
});

test('what is not served is refused by name', async () => {
  const { client } = await connect();
  const refused = (name: string) => ({
    name: 'NotImplementedException',
    message: expect.stringContaining(name),
    $metadata: { httpStatusCode: 501 },
  });

  await expect(
    client.send(new ConverseStreamCommand({ modelId: 'm', messages: [user('a')] })),
  ).rejects.toMatchObject(refused('ConverseStream'));
  await expect(
    client.send(new InvokeModelCommand({ modelId: 'm', body: '{}' })),
  ).rejects.toMatchObject(refused('InvokeModel'));
  await expect(
    client.send(new CountTokensCommand({ modelId: 'm', input: { converse: {} } })),
  ).rejects.toMatchObject(refused('CountTokens'));
});

test('planned faults meet models, too', async () => {
  const { ask, faults } = await connect();
  faults.add({ kind: 'throttle', operation: 'Converse' });

  await expect(ask()).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect((await ask()).stopReason).toBe('end_turn');
});

describe('the model of the embedded cloud really reads', () => {
  const system = [{ text: `Read ${PAGE.url}, then answer.` }];

  test('it asks for the pages that it is told of', async () => {
    const { ask } = await connect();
    const { output, stopReason } = await ask({ system, toolConfig: TOOLS });

    expect(stopReason).toBe('tool_use');
    expect(output?.message?.content).toMatchObject([
      { toolUse: { name: 'fetch_page', input: { url: PAGE.url } } },
    ]);
  });

  test('it answers with the sentences that the question is about, word for word, and the same twice', async () => {
    const { ask } = await connect();
    const { output } = await ask({ system, toolConfig: TOOLS });
    const message = output?.message;
    const [use] = message?.content ?? [];
    const result = {
      toolResult: { toolUseId: use?.toolUse?.toolUseId, content: [{ json: PAGE }] },
    };
    const messages = [
      user('How long is the Aare?'),
      message,
      { role: 'user' as const, content: [result] },
    ] as ConverseCommandInput['messages'];
    const answers = await Promise.all([
      ask({ system, toolConfig: TOOLS, messages }),
      ask({ system, toolConfig: TOOLS, messages }),
    ]);

    const quote = 'The Aare is 288 kilometres long.';
    expect(answers[0].output?.message?.content).toMatchObject([
      {
        toolUse: {
          name: 'strands_structured_output',
          input: { claims: [{ text: quote, source_url: PAGE.url, quote }] },
        },
      },
    ]);
    expect(answers[1].output).toStrictEqual(answers[0].output);
  });
});
