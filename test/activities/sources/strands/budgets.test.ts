import { describe, expect, test } from 'vitest';
import { memoryModelSteps } from '../../../../activities/sources/conformance/memory-model-steps.ts';
import { aareClaim, ask, configOf, readsThenClaims, withSite } from './fixture.ts';

const site = withSite();
const QUESTIONS = ['aare', 'bern', 'rhine'].map((id) => ({ id, text: `What of ${id}?` }));
const PRICES = { input: 1, output: 10 };

function config(perRun: object, more: object = {}) {
  const { budget } = configOf(site());
  return configOf(site(), {
    questions: QUESTIONS,
    budget: { ...budget, perRun: { ...budget.perRun, ...perRun } },
    ...more,
  });
}

function script() {
  return readsThenClaims(`${site().origin}/aare`, [aareClaim(site())]);
}

describe('A5: a budget that ends leaves the rest of the questions, and says so', () => {
  test('tokens of a run: what was answered stays, the others keep their answers, the listing is incomplete', async () => {
    // Two steps of 110 tokens a question, and about 750 that each step is guessed at.
    const { messages, models } = await ask(config({ tokens: 1200 }), script());

    expect(messages.map((one) => one.kind)).toStrictEqual([
      'document',
      'checkpoint',
      'seen',
      'seen',
      'listing',
      'checkpoint',
    ]);
    expect(messages.at(-2)).toStrictEqual({
      kind: 'listing',
      complete: false,
      failure: 'BudgetExceeded',
      why: expect.stringMatching(
        /^2 of 3 questions were not asked\. .*"budget\.perRun\.tokens" is 1200\. Raise it, or ask for less$/,
      ),
    });
    expect(messages.at(-1)).toStrictEqual({
      kind: 'checkpoint',
      cursor: { next: 'bern', left: 3 },
    });
    expect(models.calls.length).toBeLessThan(4);
  });

  test('the next run begins with the question that was left, and goes round', async () => {
    const { documents, messages } = await ask(config({}), script(), {
      from: { next: 'bern', left: 3 },
    });

    expect(documents.map(({ id }) => id)).toStrictEqual(['bern', 'rhine', 'aare']);
    expect(messages).toContainEqual({ kind: 'listing', complete: true });
  });

  test('tool calls: one page more than allowed ends the run', async () => {
    const pages = ['/aare', '/reuss', '/robots.txt'].map((path) => `${site().origin}${path}`);
    const { messages } = await ask(config({ toolCalls: 2 }), ({ results }) => ({
      fetch: [pages[results.length] ?? ''],
    }));

    expect(messages.at(-2)).toMatchObject({
      failure: 'BudgetExceeded',
      why: expect.stringContaining('"budget.perRun.toolCalls" is 2'),
    });
    expect(site().requests.filter((one) => one === 'GET /reuss')).toHaveLength(1);
  });

  test('wall time: a model that takes too long is cut off', async () => {
    const begun = performance.now();
    const { messages } = await ask(
      config({ wallTime: '300 ms' }),
      () => new Promise(() => undefined),
    );

    expect(messages.at(-2)).toMatchObject({
      failure: 'BudgetExceeded',
      why: expect.stringContaining('"300 ms"'),
    });
    expect(performance.now() - begun).toBeLessThan(3000);
  });

  test('money of a run, by the prices of the definition', async () => {
    const model = { modelId: 'test.model-v1', prices: PRICES };
    const { messages, steps } = await ask(config({ money: 1 }, { model }), script());

    // 100 tokens in at 1 and 10 out at 10 a thousand.
    expect(steps.kept.find(({ kind }) => kind === 'answer')?.money).toBeCloseTo(0.2);
    expect(messages.at(-2)).toMatchObject({
      failure: 'BudgetExceeded',
      why: expect.stringContaining('"budget.perRun.money" is 1'),
    });
  });

  test.each([
    ['tokens', { tokens: 5000 }, { tokens: 4999 }],
    ['money', { money: 3 }, { money: 2.999 }],
  ])(
    '%s of the month are those of all its runs: nothing is asked once they are used up',
    async (unit, perMonth, earlier) => {
      const { budget } = configOf(site());
      const model = { modelId: 'test.model-v1', prices: PRICES };
      const { messages, models } = await ask(
        configOf(site(), { model, budget: { ...budget, perMonth } }),
        script(),
        {
          steps: memoryModelSteps(earlier),
        },
      );

      expect(models.calls).toHaveLength(0);
      expect(messages.map((one) => one.kind)).toStrictEqual(['seen', 'listing', 'checkpoint']);
      expect(messages[1]).toMatchObject({
        failure: 'BudgetExceeded',
        why: expect.stringContaining(`"budget.perMonth.${unit}"`),
      });
    },
  );

  test('a claim beyond the budget of pages is dropped, the answer that was paid is kept', async () => {
    const other = {
      text: 'x',
      source_url: `${site().origin}/reuss`,
      quote: 'The river Reuss is 164 kilometres long',
    };
    const claims = [aareClaim(site()), other];
    const { documents } = await ask(
      config({ toolCalls: 1 }),
      readsThenClaims(`${site().origin}/aare`, claims),
    );

    expect(documents).toHaveLength(3);
    expect(JSON.stringify(documents)).not.toContain('Reuss');
  });
});
