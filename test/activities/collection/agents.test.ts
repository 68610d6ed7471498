import { sql } from 'kysely';
import { beforeEach, describe, expect, test } from 'vitest';
import { strands } from '../../../activities/sources/strands.ts';
import { scriptedModels, type Script, type ScriptedModels } from '../../fakes/scripted-model.ts';
import { aareClaim, configOf, readsThenClaims, withSite } from '../sources/strands/fixture.ts';
import { withCollecting, type SourceCase } from './collecting.ts';

const createSource = withCollecting();
const site = withSite();
const QUESTIONS = ['aare', 'bern', 'rhine'].map((id) => ({ id, text: `What of ${id}?` }));
let script: Script;

beforeEach(() => {
  script = readsThenClaims(`${site().origin}/aare`, [aareClaim(site())]);
});

async function agent(
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ source: SourceCase; models: ScriptedModels }> {
  const source = await createSource({ type: 'strands', config: config(more) });
  const models = scriptedModels((seen) => script(seen));
  Object.assign(source.deps, {
    sourceTypes: new Map([['strands', strands]]),
    settings: {
      ...source.deps.settings,
      allowedHosts: [site().host],
      models: new Map([['bedrock', models]]),
    },
  });
  return { source, models };
}

/** The runs of these tests began long ago. */
function config({ tokens = 100_000, ...more }: Readonly<Record<string, unknown>> = {}) {
  const perRun = { tokens, toolCalls: 20, wallTime: '3650 days' };
  const budget = { perRun, perMonth: { tokens: 1_000_000 } };
  return configOf(site(), { questions: QUESTIONS, budget, ...more });
}

async function paid({ db, id }: SourceCase) {
  const { rows } = await sql<{ steps: number; tokens: number }>`
    select count(*) filter (where kind = 'answer')::int as steps, sum(input_tokens + output_tokens)::int as tokens
    from model_steps where source = ${id}`.execute(db);
  return rows[0];
}

describe('a run of an agent', () => {
  test('R1: a second run with the same answers writes nothing', async () => {
    const { source } = await agent();
    const first = await source.run();
    source.server.requests.clear();
    const second = await source.run();

    expect(first).toMatchObject({ status: 'succeeded', counts: { added: 3 } });
    expect(second).toMatchObject({
      status: 'succeeded',
      counts: { added: 0, updated: 0, unchanged: 3 },
    });
    expect(source.server.requests.count('PutObject')).toBe(0);
  });

  test('A7, A9: the sidecar says that a model wrote it, which one, and by which prompt', async () => {
    const { source } = await agent();
    await source.run();
    const key = (await source.keys()).find((one) => one.endsWith('.md')) ?? '';

    expect(await source.sidecar(key)).toMatchObject({
      generated: { value: { type: 'BOOLEAN', booleanValue: true } },
      trust: { value: { stringValue: 'untrusted' } },
      x_model: { value: { stringValue: 'test.model-v1' } },
      x_prompt_sha256: { value: { stringValue: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    });
  });

  test('A5: a budget that ends it makes it partial with BudgetExceeded, deletes nothing, and the next run goes on', async () => {
    const { source } = await agent();
    await source.run();
    await source.redefine({ config: config({ tokens: 1200 }) });
    const second = await source.run();
    const third = await source.run();

    expect(second).toMatchObject({
      status: 'partial',
      failure: 'BudgetExceeded',
      because: expect.stringContaining('"budget.perRun.tokens" is 1200'),
      counts: { deleted: 0, failed: 0 },
    });
    expect(third.slices[0]?.counts).toMatchObject({ added: 0, failed: 0 });
    expect(Object.keys(await source.stored()).toSorted()).toStrictEqual(['aare', 'bern', 'rhine']);
    const { rows } = await sql<{ cursor: unknown }>`
      select cursor from source_state where source = ${source.id}`.execute(source.db);
    expect(rows).toStrictEqual([{ cursor: { next: 'rhine', left: 3 } }]);
  });

  test('A4: an answer without a verified claim leaves the old document, as a dead letter', async () => {
    const { source } = await agent();
    await source.run();
    const before = await source.stored();
    script = () => ({
      claims: [aareClaim(site(), { quote: 'The river Aare is 1,000 kilometres long' })],
    });
    const second = await source.run();

    expect(second).toMatchObject({ status: 'failed', counts: { failed: 3, deleted: 0 } });
    expect(await source.stored()).toStrictEqual(before);
    expect((await source.deadLetters()).map(({ id, failure }) => [id, failure])).toStrictEqual([
      ['aare', 'EmptyResult'],
      ['bern', 'EmptyResult'],
      ['rhine', 'EmptyResult'],
    ]);
  });

  test('A6: an attempt that dies in the middle is made up for without paying a step again', async () => {
    const { source, models } = await agent();
    const whole = script;
    script = (seen) => {
      if (models.calls.length === 2) throw new Error('The worker died.');
      return whole(seen);
    };
    const died = source.collect({ run: 'r1' });
    await expect(died).rejects.toMatchObject({ type: 'Unavailable' });
    const again = await source.collect({ run: 'r1', attempt: 2 });

    expect(again.counts).toMatchObject({ added: 3 });
    // Six steps, and the one that died.
    expect(models.calls).toHaveLength(7);
    expect(await paid(source)).toStrictEqual({ steps: 6, tokens: 660 });
  });
});
