import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { memoryModelSteps } from '../../../../activities/sources/conformance/memory-model-steps.ts';
import type { SourceSettings } from '../../../../activities/sources/contract.ts';
import { strands } from '../../../../activities/sources/strands.ts';
import { bedrockModels } from '../../../../adapters/models/bedrock.ts';
import type { ConverseModel } from '../../../../local/bedrock/converse.ts';
import { createFaultPlan } from '../../../../local/bedrock/faults.ts';
import { readingModel } from '../../../../local/bedrock/reading-model.ts';
import { startBedrockServer, type BedrockServer } from '../../../../local/bedrock/server.ts';
import { ServiceError } from '../../../../local/bedrock/service-error.ts';
import { sourceEnv, type TestSourceEnv } from '../../../fakes/source-env.ts';
import { temporaryFolder } from '../../../set-up/temporary-folder.ts';
import { configOf, withSite } from './fixture.ts';

const CREDENTIALS = { accessKeyId: 'LOCALTEST', secretAccessKey: 'canary-5f2c77a1e0' };
const REGION = 'us-east-1';
const site = withSite();
const faults = createFaultPlan();
let answers: ConverseModel = readingModel;
let server: BedrockServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const envs: TestSourceEnv[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startBedrockServer({
    directory: folder.path,
    ...CREDENTIALS,
    region: REGION,
    objects: { exists: noObjects, get: noObjects, list: noObjects },
    faults,
    model: (request) => answers(request),
  });
});
beforeEach(() => {
  answers = readingModel;
  faults.clear();
});
afterAll(async () => {
  for (const env of envs) env.remove();
  await server.close();
  await folder[Symbol.asyncDispose]();
});

/** No job runs here. */
function noObjects(): never {
  throw new Error('This server has no bucket.');
}

function models(credentials = CREDENTIALS): SourceSettings['models'] {
  return new Map([
    ['bedrock', bedrockModels({ region: REGION, endpoint: server.url, credentials })],
  ]);
}

function env(
  modelSteps = memoryModelSteps(),
  settings: Partial<SourceSettings> = { models: models() },
): TestSourceEnv {
  const made = sourceEnv({ modelSteps, settings });
  envs.push(made);
  return made;
}

function config() {
  return configOf(site(), {
    instructions: `You know rivers. Read ${site().origin}/aare and ${site().origin}/reuss.`,
    model: { modelId: 'anthropic.claude-test-v1:0' },
  });
}

function converses(): number {
  return server.requests.count('Converse');
}

describe('the real Bedrock client against a server that speaks its wire', () => {
  test('A2: a whole answer, by a signed conversation with tools and the form of the answer', async () => {
    const before = converses();
    const messages = await Array.fromAsync(strands.open(config()).read(null, env()));

    expect(messages[0]).toMatchObject({ kind: 'document', document: { id: 'aare' } });
    expect(JSON.stringify(messages[0])).toContain('The river Aare is 288 kilometres long');
    expect(messages.at(-2)).toStrictEqual({ kind: 'listing', complete: true });
    expect(converses() - before).toBe(2);
  });

  test('A6: a crash between two steps costs the steps that are left, counted on the wire', async () => {
    const steps = memoryModelSteps();
    const before = converses();
    answers = (request) => {
      if (request.messages.length > 1)
        throw new ServiceError('InternalServerException', 500, 'It broke.');
      return readingModel(request);
    };
    await expect(
      Array.fromAsync(strands.open(config()).read(null, env(steps))),
    ).rejects.toMatchObject({ type: 'Unavailable' });
    expect(converses() - before).toBe(2);
    answers = readingModel;

    await Array.fromAsync(strands.open(config()).read(null, env(steps)));
    await Array.fromAsync(strands.open(config()).read(null, env(steps)));

    // The first step was paid once, the second one failed once and was paid once.
    expect(converses() - before).toBe(3);
  });

  test.each([
    ['ThrottlingException', 429, 'Throttled', /asks to slow down/],
    [
      'AccessDeniedException',
      403,
      'AccessDenied',
      /bedrock:InvokeModel on model "anthropic.claude-test-v1:0"/,
    ],
    ['ValidationException', 400, 'InvalidConfig', /model "anthropic.claude-test-v1:0"/],
    [
      'ResourceNotFoundException',
      404,
      'NotFound',
      /Model "anthropic.claude-test-v1:0" does not exist/,
    ],
    ['ServiceUnavailableException', 503, 'Unavailable', /The next attempt asks again/],
    ['ServiceQuotaExceededException', 400, 'QuotaExceeded', /Raise that quota/],
  ])('%s ends the read as what it is', async (name, status, type, sentence) => {
    answers = () => {
      throw new ServiceError(name, status, 'No.');
    };

    await expect(Array.fromAsync(strands.open(config()).read(null, env()))).rejects.toMatchObject({
      type,
      message: expect.stringMatching(sentence),
    });
  });

  test('a time-out of the model concerns its question alone', async () => {
    answers = () => {
      throw new ServiceError('ModelTimeoutException', 408, 'Too slow.');
    };
    const [first] = await Array.fromAsync(strands.open(config()).read(null, env()));

    expect(first).toMatchObject({ kind: 'failed', id: 'aare', failure: 'AgentTimeout' });
  });

  test.each([
    ['of another form', () => use({ claims: [{ text: 'x' }] })],
    [
      'of text alone',
      () => ({ content: [{ text: 'It is long.' }], stopReason: 'end_turn' as const }),
    ],
    [
      'that is cut off',
      () => ({ content: [{ text: 'It is' }], stopReason: 'max_tokens' as const }),
    ],
    [
      'that is withheld',
      () => ({ content: [{ text: 'No.' }], stopReason: 'content_filtered' as const }),
    ],
  ])(
    'A2: an answer %s is InvalidAgentOutput of its question, within a bound of steps',
    async (_what, answer) => {
      answers = answer;
      const before = converses();
      const [first] = await Array.fromAsync(strands.open(config()).read(null, env()));

      expect(first).toMatchObject({ kind: 'failed', id: 'aare', failure: 'InvalidAgentOutput' });
      expect(converses() - before).toBeLessThanOrEqual(5);
    },
  );
});

function use(input: object) {
  const toolUse = { toolUseId: 'tooluse_1', name: 'strands_structured_output', input };
  return { content: [{ toolUse }], stopReason: 'tool_use' as const };
}

describe('A3: check', () => {
  test('asks for one token and passes', async () => {
    const before = converses();
    const results = await strands.open(config()).check(env());

    expect(results.map(({ capability, verdict }) => [capability, verdict])).toStrictEqual([
      ['model', 'PASS'],
      ['hosts', 'PASS'],
    ]);
    expect(converses() - before).toBe(1);
  });

  test.each([
    ['ThrottlingException', 429, 'INDETERMINATE'],
    ['InternalServerException', 500, 'INDETERMINATE'],
    ['ModelTimeoutException', 408, 'INDETERMINATE'],
    ['AccessDeniedException', 403, 'FAIL'],
    ['ValidationException', 400, 'FAIL'],
    ['ResourceNotFoundException', 404, 'FAIL'],
  ])('%s, status %i, is %s', async (name, status, verdict) => {
    answers = () => {
      throw new ServiceError(name, status, 'No.');
    };
    const [model] = await strands.open(config()).check(env());

    expect(model).toMatchObject({
      verdict,
      detail: expect.stringContaining('"anthropic.claude-test-v1:0"'),
    });
  });

  test('foreign credentials are FAIL, and no word of them is said', async () => {
    const foreign = models({ ...CREDENTIALS, secretAccessKey: 'another-canary-99' });
    const results = await strands
      .open(config())
      .check(env(memoryModelSteps(), { models: foreign }));

    expect(results[0]).toMatchObject({
      verdict: 'FAIL',
      detail: expect.stringContaining('"InvalidSignatureException"'),
    });
    expect(JSON.stringify(results)).not.toContain('another-canary-99');
  });

  test('a model that nobody hears of is INDETERMINATE', async () => {
    const gone = bedrockModels({
      region: REGION,
      endpoint: 'http://127.0.0.1:9',
      credentials: CREDENTIALS,
    });
    const [model] = await strands
      .open(config())
      .check(env(memoryModelSteps(), { models: new Map([['bedrock', gone]]) }));

    expect(model).toMatchObject({ verdict: 'INDETERMINATE' });
  });

  test('an internal host that the operator has not allowed is FAIL', async () => {
    const settings = { models: models(), allowedHosts: [] };
    const results = await strands.open(config()).check(env(memoryModelSteps(), settings));

    expect(results[1]).toMatchObject({
      capability: 'hosts',
      verdict: 'FAIL',
      detail: expect.stringContaining('WELLSPRING_ALLOWED_HOSTS'),
    });
  });
});

test('R13: the secret key of the worker is in no message, step, error or log line', async () => {
  const steps = memoryModelSteps();
  const own = env(steps);
  const messages = await Array.fromAsync(strands.open(config()).read(null, own));

  const everything = JSON.stringify([messages, steps.kept, own.records]);
  expect(everything).not.toContain(CREDENTIALS.secretAccessKey);
  expect(everything).not.toContain(CREDENTIALS.accessKeyId);
});
