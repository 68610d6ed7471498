import { describe, expect, test } from 'vitest';
import { memoryModelSteps } from '../../../../activities/sources/conformance/memory-model-steps.ts';
import { scriptedModels, type Script } from '../../../fakes/scripted-model.ts';
import { aareClaim, ask, configOf, readsThenClaims, withSite } from './fixture.ts';

const site = withSite();
const TWO = [
  { id: 'aare', text: 'How long is the Aare?' },
  { id: 'bern', text: 'Which river flows through Bern?' },
];

function script(): Script {
  return readsThenClaims(`${site().origin}/aare`, [aareClaim(site())]);
}

describe('A6: a retry pays nothing twice', () => {
  test('after a crash in the middle only the steps that were not stored are asked for, and no page again', async () => {
    const config = configOf(site(), { questions: TWO });
    const steps = memoryModelSteps();
    let asked = 0;
    const dies: Script = (seen) => {
      asked += 1;
      if (asked === 4) throw new Error('the worker died');
      return script()(seen);
    };
    const models = scriptedModels(dies);
    const pagesBefore = site().requests.length;
    await expect(ask(config, dies, { models, steps })).rejects.toMatchObject({
      type: 'Unavailable',
    });

    const { documents } = await ask(config, dies, { models, steps });

    expect(documents).toHaveLength(2);
    // Four steps in all, and the one that died.
    expect(models.calls).toHaveLength(5);
    expect(
      site()
        .requests.slice(pagesBefore)
        .filter((one) => one === 'GET /aare'),
    ).toHaveLength(1);
  });

  test('a second attempt at all of it asks nobody and gives the same documents', async () => {
    const config = configOf(site(), { questions: TWO });
    const first = await ask(config, script());
    const second = await ask(config, script(), { models: first.models, steps: first.steps });

    expect(second.documents).toStrictEqual(first.documents);
    expect(first.models.calls).toHaveLength(4);
  });

  test('another run asks anew: pages may have changed', async () => {
    const first = await ask(configOf(site()), script());
    const second = await ask(configOf(site()), script());

    expect(second.models.calls).toHaveLength(first.models.calls.length);
    expect(second.documents).toStrictEqual(first.documents);
  });

  test('another model, temperature or instruction is another step', async () => {
    const steps = memoryModelSteps();
    await ask(configOf(site()), script(), { steps });
    const { models } = await ask(
      configOf(site(), { model: { modelId: 'test.model-v1', temperature: 0.5 } }),
      script(),
      { steps },
    );
    const third = await ask(configOf(site(), { instructions: 'You know lakes.' }), script(), {
      steps,
    });

    expect(models.calls).toHaveLength(2);
    expect(third.models.calls).toHaveLength(2);
  });

  test('each step says what it was for and what it took', async () => {
    const { steps } = await ask(configOf(site()), script());

    expect(
      steps.kept.map(({ kind, question, step, model, inputTokens, outputTokens }) => ({
        kind,
        question,
        step,
        model,
        inputTokens,
        outputTokens,
      })),
    ).toStrictEqual([
      {
        kind: 'answer',
        question: 'aare',
        step: 1,
        model: 'test.model-v1',
        inputTokens: 100,
        outputTokens: 10,
      },
      {
        kind: 'page',
        question: 'aare',
        step: 0,
        model: undefined,
        inputTokens: undefined,
        outputTokens: undefined,
      },
      {
        kind: 'answer',
        question: 'aare',
        step: 2,
        model: 'test.model-v1',
        inputTokens: 100,
        outputTokens: 10,
      },
    ]);
    for (const { key } of steps.kept) expect(key).toMatch(/^[0-9a-f]{64}$/);
  });
});
