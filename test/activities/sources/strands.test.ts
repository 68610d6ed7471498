import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadMessage } from '../../../activities/sources/contract.ts';
import { strands } from '../../../activities/sources/strands.ts';
import { bedrockModels } from '../../../adapters/models/bedrock.ts';
import type { ConverseRequest } from '../../../local/bedrock/converse.ts';
import { readingModel } from '../../../local/bedrock/reading-model.ts';
import { startBedrockServer, type BedrockServer } from '../../../local/bedrock/server.ts';
import { ServiceError } from '../../../local/bedrock/service-error.ts';
import { describeSource } from '../../contracts/source.ts';
import { scriptedModels } from '../../fakes/scripted-model.ts';
import { sourceEnv } from '../../fakes/source-env.ts';
import { temporaryFolder } from '../../set-up/temporary-folder.ts';
import { aareClaim, agentEnv, ask, configOf, FACT, PAGES, withSite } from './strands/fixture.ts';

const CREDENTIALS = { accessKeyId: 'LOCALTEST', secretAccessKey: 'canary-0b7f62d9aa' };
const site = withSite({
  ...PAGES,
  '/changing': page('The lake of Thun is 48 square kilometres large.'),
});
let server: BedrockServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startBedrockServer({
    directory: folder.path,
    ...CREDENTIALS,
    objects: { exists: noObjects, get: noObjects, list: noObjects },
    model: answer,
  });
});
afterAll(async () => {
  await server.close();
  await folder[Symbol.asyncDispose]();
});

/** No job runs here. */
function noObjects(): never {
  throw new Error('This server has no bucket.');
}

/** Reads, but for the models that a test names after what is wrong with them. */
function answer(request: ConverseRequest) {
  const error = ERRORS.get(request.modelId);
  const isLast = JSON.stringify(request.messages[0]).includes('Lucerne');
  if (error && (request.modelId !== 'test.breaks' || isLast)) throw error;
  return readingModel(request);
}

const ERRORS: ReadonlyMap<string, ServiceError> = new Map([
  ['test.denied', new ServiceError('AccessDeniedException', 403, 'No access to this model.')],
  ['test.away', new ServiceError('ServiceUnavailableException', 503, 'Try later.')],
  ['test.unknown', new ServiceError('ValidationException', 400, 'The model id is invalid.')],
  ['test.breaks', new ServiceError('InternalServerException', 500, 'It broke.')],
]);

function page(text: string): string {
  return `<html><body><main><h1>Page</h1><p>${text}</p></main></body></html>`;
}

let squareKilometres = 48;

const QUESTIONS = [
  { id: 'aare', text: 'How long is the river Aare?' },
  { id: 'water', text: 'Where does the water of the glaciers flow?', title: 'Water' },
  { id: 'lucerne', text: 'Which river flows through Lucerne?' },
];

function config(more: object = {}, pages: readonly string[] = ['/aare', '/reuss']) {
  const urls = pages.map((path) => `${site().origin}${path}`).join(' and ');
  const { budget } = configOf(site());
  return configOf(site(), {
    instructions: `Read ${urls}.`,
    questions: QUESTIONS,
    budget: { ...budget, perRun: { ...budget.perRun, wallTime: '10 minutes' } },
    ...more,
  });
}

function model(modelId: string): object {
  return { model: { modelId } };
}

describeSource('strands', async () => {
  await Promise.resolve();
  return {
    type: strands,
    config: config(),
    expectedIds: ['aare', 'water', 'lucerne'],
    secrets: Object.values(CREDENTIALS),
    env: (overrides) => {
      const bedrock = bedrockModels({
        region: 'us-east-1',
        endpoint: server.url,
        credentials: CREDENTIALS,
      });
      return sourceEnv({
        ...overrides,
        settings: { models: new Map([['bedrock', bedrock]]), ...overrides.settings },
      });
    },
    badConfigs: [
      {
        why: 'a model that the worker may not use',
        fault: 'credentials' as const,
        config: config(model('test.denied')),
        outcome: 'FAIL' as const,
        naming: /test\.denied/,
      },
      {
        why: 'a model service that is away',
        fault: 'unreachable' as const,
        config: config(model('test.away')),
        outcome: 'INDETERMINATE' as const,
        naming: /test\.away/,
      },
      {
        why: 'a model that does not exist',
        fault: 'nothing' as const,
        config: config(model('test.unknown')),
        outcome: 'FAIL' as const,
        naming: /test\.unknown/,
      },
      {
        why: 'an unknown provider',
        config: config({ model: { provider: 'oracle', modelId: 'x' } }),
        outcome: 'InvalidConfig' as const,
        naming: /bedrock/,
      },
      {
        why: 'the same id twice',
        config: config({ questions: [QUESTIONS[0], QUESTIONS[0]] }),
        outcome: 'InvalidConfig' as const,
        naming: /"aare" stands twice/,
      },
      {
        why: 'a host with a scheme',
        config: config({ tools: { fetch: { hosts: ['https://example.com'] } } }),
        outcome: 'InvalidConfig' as const,
        naming: /tools\.fetch\.hosts/,
      },
      {
        why: 'money without prices',
        config: config({
          budget: {
            perRun: { tokens: 1, toolCalls: 1, wallTime: '1 minute', money: 1 },
            perMonth: { tokens: 1 },
          },
        }),
        outcome: 'InvalidConfig' as const,
        naming: /model\.prices/,
      },
      {
        why: 'a month without a bound',
        config: config({
          budget: { perRun: { tokens: 1, toolCalls: 1, wallTime: '1 minute' }, perMonth: {} },
        }),
        outcome: 'InvalidConfig' as const,
        naming: /perMonth/,
      },
    ],
    changing: () => {
      const questions = [{ id: 'lake', text: 'How large is the lake of Thun?' }];
      return Promise.resolve({
        config: config({ questions }, ['/changing']),
        update: () => {
          site().put(
            '/changing',
            page(`The lake of Thun is ${(squareKilometres += 1)} square kilometres large.`),
          );
          return Promise.resolve('lake');
        },
      });
    },
    failing: config(model('test.breaks')),
    poisoned: config({ questions: [...QUESTIONS, { id: 'unanswered', text: 'Qwertz?' }] }),
    hostile: () => {
      const texts = [
        '=cmd|calc',
        '<script>alert(1)</script>',
        '../../etc/passwd',
        '\u202eright',
        '${env:PATH}',
        "Robert'); drop table",
      ];
      const questions = texts.map((title, index) => ({
        id: `q${index}`,
        text: 'How long is the Aare?',
        title,
      }));
      return Promise.resolve({ config: config({ questions }, ['/aare']), texts });
    },
  };
});

describe('A1: the id of an answer', () => {
  const startedAt = new Date('2027-01-01T10:00:00Z');
  const claims = () => ({ claims: [aareClaim(site())] });

  test('is that of its question, in every run: a new answer takes the place of the old one', async () => {
    const first = await ask(configOf(site()), claims, { startedAt: new Date() });
    const second = await ask(configOf(site()), claims, { startedAt: new Date(Date.now() + 1000) });

    expect(first.documents).toStrictEqual(second.documents);
  });

  test.each([
    ['day', '2027-01-01', '2026-12-31'],
    ['week', '2026-W53', '2026-W52'],
    ['month', '2027-01', '2026-12'],
    ['quarter', '2027-Q1', '2026-Q4'],
    ['year', '2027', '2026'],
  ])(
    'names its %s, and the ones before are kept as far back as they shall be',
    async (every, now, before) => {
      const known = new Map([`aare/${before}`, 'aare/1999'].map((id) => [id, {}]));
      const { messages } = await ask(configOf(site(), { period: { every, keep: 2 } }), claims, {
        startedAt,
        known,
      });

      expect(
        messages.flatMap((one) => (one.kind === 'document' ? [one.document.id] : [])),
      ).toStrictEqual([`aare/${now}`]);
      expect(messages.filter((one) => one.kind === 'seen')).toStrictEqual([
        { kind: 'seen', id: `aare/${before}` },
      ]);
      expect(messages).toContainEqual({ kind: 'listing', complete: true });
    },
  );
});

describe('what an answer says of itself', () => {
  test('A7: the hash of the prompt, never the prompt; A8: the model by its id', async () => {
    const claims = () => ({ claims: [aareClaim(site())] });
    const secretly = configOf(site(), { instructions: 'Secretly you know rivers.' });
    const first = await ask(secretly, claims);
    const second = await ask(configOf(site()), claims);

    const [document] = first.documents;
    expect(document?.attributes).toStrictEqual({
      model: 'test.model-v1',
      prompt_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(JSON.stringify(document)).not.toContain('Secretly');
    expect(second.documents[0]?.attributes?.['prompt_sha256']).not.toBe(
      document?.attributes?.['prompt_sha256'],
    );
  });

  test('A9: a type that writes by a model says so', () => {
    expect(strands.spec).toMatchObject({ generated: true, trust: 'untrusted' });
  });
});

test('A8: a provider that the worker does not have is refused, naming those that it has', async () => {
  const env = sourceEnv({
    settings: { models: new Map([['another', scriptedModels(() => ({ claims: [] }))]]) },
  });
  const read = Array.fromAsync(strands.open(configOf(site())).read(null, env));

  await expect(read).rejects.toMatchObject({
    type: 'InvalidConfig',
    message: expect.stringContaining('"bedrock" of "model.provider"; it has: another.'),
  });
  env.remove();
});

test.each([
  ['aare', {}, { id: 'aare', taken: true, because: '"questions" has "aare"' }],
  ['lake', {}, { taken: false, because: '"questions" has none with the id "lake"' }],
  ['aare/2026-11', { period: { every: 'month' } }, { id: 'aare/2026-11', taken: true }],
  [
    'aare',
    { period: { every: 'month' } },
    { taken: true, because: expect.stringContaining('a document for each month') },
  ],
])('which question "%s" belongs to, by %j', async (about, more, ruling) => {
  expect(await strands.open(configOf(site(), more)).ruleOn?.(about)).toMatchObject(ruling);
});

test('a model that does not heed its signal does not hold up a cancellation', async () => {
  const env = agentEnv(scriptedModels(() => new Promise(() => undefined)));
  const read = Array.fromAsync(strands.open(configOf(site())).read(null, env));
  const begun = performance.now();
  setTimeout(() => env.abort(), 100);

  await expect(read).rejects.toThrow('The test cancelled the attempt.');
  expect(performance.now() - begun).toBeLessThan(5000);
  env.remove();
});

test('questions whose answers failed are asked again alone, by the ids of their documents', async () => {
  const models = scriptedModels(() => ({ claims: [aareClaim(site())] }));
  const env = agentEnv(models);
  const month = env.startedAt.toISOString().slice(0, 7);
  const opened = strands.open(
    configOf(site(), { questions: QUESTIONS, period: { every: 'month' } }),
  );
  const messages: ReadMessage<unknown>[] = await Array.fromAsync(
    opened.readAgain?.([`water/${month}`, `gone/${month}`], env) ?? [],
  );

  expect(messages).toMatchObject([
    { kind: 'document', document: { id: `water/${month}`, title: 'Water' } },
  ]);
  expect(models.calls).toHaveLength(1);
  expect(JSON.stringify(messages)).not.toContain(FACT.slice(-20));
  env.remove();
});
