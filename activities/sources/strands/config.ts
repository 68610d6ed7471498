import { z } from 'zod';
import { parseDuration } from '../../../adapters/definitions/duration.ts';
import { failure } from '../../../workflows/failures.ts';

const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'a time such as "10 minutes" or "90s"');

const Prices = z.strictObject({
  input: z.number().min(0).describe('Per 1,000 tokens that the model is given.'),
  output: z.number().min(0).describe('Per 1,000 tokens that it writes.'),
});

const Model = z.strictObject({
  provider: z.enum(['bedrock']).default('bedrock').describe('Default: bedrock.'),
  modelId: z
    .string()
    .min(1)
    .describe('The model, or the id or ARN of an inference profile, as the provider names it.'),
  region: z.exactOptional(z.string().min(1).describe("Default: the worker's own.")),
  temperature: z.exactOptional(z.number().min(0).max(1)),
  maxTokens: z
    .int()
    .min(1)
    .default(4096)
    .describe('Most tokens that one step may write. Default: 4,096.'),
  prices: z.exactOptional(
    Prices.describe('In any one currency; needed where a budget is given as money.'),
  ),
});

const Question = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/u, 'lower-case letters, digits and single hyphens')
    .max(100)
    .describe('Names the document for ever: keep it when the text changes.'),
  text: z.string().min(1).max(4000),
  title: z.exactOptional(
    z.string().min(1).max(300).describe('Of the document. Default: the text of the question.'),
  ),
});

const Fetch = z.strictObject({
  hosts: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      '"name" or "name:port". Nothing else can be read, whatever a page or the model says.',
    ),
  pageCharacters: z
    .int()
    .min(500)
    .max(500_000)
    .default(30_000)
    .describe('What the agent sees of one page at most. Default: 30,000 characters.'),
});

const Tokens = z.int().min(1);
const Money = z.number().positive();

const Budget = z.strictObject({
  perRun: z.strictObject({
    tokens: Tokens.describe('Into and out of the model.'),
    toolCalls: z.int().min(1).describe('Pages that are asked for.'),
    wallTime: Duration.describe('Since the start of the run, such as "10 minutes".'),
    money: z.exactOptional(Money),
  }),
  perMonth: z
    .strictObject({ tokens: z.exactOptional(Tokens), money: z.exactOptional(Money) })
    .describe('Calendar month, UTC, over all runs and previews of the source.'),
});

/** The config of a `strands` source. */
export const StrandsConfig = z.strictObject({
  model: Model,
  instructions: z
    .string()
    .min(1)
    .max(20_000)
    .describe('What the agent is, where it should look, what it should leave out.'),
  questions: z
    .array(Question)
    .min(1)
    .max(500)
    .describe('One document each; a new answer takes the place of the one before.'),
  period: z.exactOptional(
    z
      .strictObject({
        every: z.enum(['day', 'week', 'month', 'quarter', 'year']),
        keep: z.int().min(1).max(60).default(12).describe('Periods. Default: 12.'),
      })
      .describe('A document for each question and period (UTC), instead of one for ever.'),
  ),
  tools: z.strictObject({ fetch: Fetch }),
  budget: Budget,
});
export type StrandsConfig = z.infer<typeof StrandsConfig>;
export type AgentQuestion = StrandsConfig['questions'][number];
export type Period = NonNullable<StrandsConfig['period']>;

/** Where the round over the questions goes on, and how many are left of it. */
export const StrandsCursor = z.strictObject({ next: z.string(), left: z.int().min(1) });
export type StrandsCursor = z.infer<typeof StrandsCursor>;

/** Facts that the schema cannot say. @throws InvalidConfig */
export function validateStrands(config: StrandsConfig): void {
  const wrong = [twice(config), ...config.tools.fetch.hosts.map(badHost), noPrice(config)].find(
    (sentence) => sentence !== undefined,
  );
  if (wrong !== undefined) throw failure('InvalidConfig', wrong);
}

function twice({ questions }: StrandsConfig): string | undefined {
  const ids = questions.map(({ id }) => id);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  return repeated === undefined
    ? undefined
    : `The id "${repeated}" stands twice in "questions". Give each question its own.`;
}

function badHost(host: string): string | undefined {
  const url = URL.parse(`http://${host}`);
  if (url?.pathname === '/' && !/[/?#@\s]/.test(host)) return undefined;
  return `"${host}" in "tools.fetch.hosts" is no host. Write "name" or "name:port", without scheme and path.`;
}

function noPrice({ model, budget: { perRun, perMonth } }: StrandsConfig): string | undefined {
  if (perMonth.tokens === undefined && perMonth.money === undefined)
    return '"budget.perMonth" is empty. Give "tokens", "money" or both.';
  if (model.prices !== undefined) return undefined;
  if (perRun.money === undefined && perMonth.money === undefined) return undefined;
  return '"budget" is given as money, and the prices of the model are unknown. Add "model.prices" with "input" and "output" per 1,000 tokens.';
}
