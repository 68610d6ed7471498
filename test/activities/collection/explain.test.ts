import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { inspectSource } from '../../../activities/collection/inspect-source.ts';
import { explainVerdict } from '../../../workflows/collection/explain-verdict.ts';
import type { Explanation } from '../../../workflows/collection/explanation.ts';
import { COMPLETE, document, documents } from './collecting.ts';
import { withWholeSystem, type WholeSystem } from './whole-system.ts';

const newSystem = withWholeSystem();
const signal = AbortSignal.timeout(600_000);

async function explained(system: WholeSystem, about: string): Promise<Explanation> {
  const input = { tenant: 'default', source: system.id, verb: 'explain', limit: 0, about } as const;
  const { explanation } = await system.act(inspectSource, input);
  if (!explanation) throw new Error('There is no explanation.');
  return explanation;
}

const stateOf = (facts: Explanation): string => explainVerdict('s', facts).state;

describe('explaining a document (sources §1)', () => {
  test('tells where it lies, that both objects are the right ones, and that it is indexed', async () => {
    const system = await newSystem();
    system.emits([...documents('a', 'b'), COMPLETE]);
    const { run } = await system.run();
    await system.sync();
    const before = await system.everything();

    const facts = await explained(system, 'a');

    expect(facts).toMatchObject({
      id: 'a',
      document: { state: 'live', lastSeenRun: run, current: true, key: await system.keyOf('a') },
      stored: { agrees: true, content: { expected: true }, sidecar: { expected: true } },
      knowledge: { status: 'INDEXED', outcome: 'indexed' },
    });
    expect(stateOf(facts)).toBe('collected');
    expect(await system.everything()).toEqual(before);
  });

  test('is found by its key and its address, too', async () => {
    const system = await newSystem();
    system.emits([document('a', 'Text.', { url: 'https://example.com/a' }), COMPLETE]);
    await system.run();
    const key = await system.keyOf('a');

    for (const about of [key, `s3://documents/${key}`, 'https://example.com/a'])
      expect((await explained(system, about)).document?.key).toBe(key);
  });

  test('says that it waits while no job has covered it', async () => {
    const system = await newSystem();
    system.emits([...documents('a'), COMPLETE]);
    await system.run();

    const facts = await explained(system, 'a');

    expect(facts.knowledge).toMatchObject({
      outcome: 'gone',
      waitingSince: expect.any(String) as string,
    });
    expect(stateOf(facts)).toBe('waiting');
  });

  test('finds objects that were taken away or changed behind its back', async () => {
    const system = await newSystem();
    system.emits([...documents('a', 'b'), COMPLETE]);
    await system.run();
    const { bucket } = system.cloud;
    await system.objects.remove({ bucket, key: await system.keyOf('a'), signal });
    await system.cloud.putDocument(await system.keyOf('b'), 'Something else.');

    const [a, b] = [await explained(system, 'a'), await explained(system, 'b')];

    expect(a.stored).toMatchObject({ agrees: false, sidecar: { expected: true } });
    expect(a.stored?.content).toBeUndefined();
    expect(b.stored).toMatchObject({ content: { expected: false }, sidecar: { expected: false } });
    expect([stateOf(a), stateOf(b)]).toEqual(['damaged', 'damaged']);
  });

  test('tells of a dead letter with its next attempt', async () => {
    const system = await newSystem();
    const detail = 'It is a login form.';
    system.emits([{ kind: 'failed', id: 'x', failure: 'InvalidDocument', detail }, COMPLETE]);
    const { run } = await system.run();

    const facts = await explained(system, 'x');

    expect(facts.letter).toMatchObject({ failure: 'InvalidDocument', detail, run, attempts: 1 });
    expect(facts.letter?.nextAttemptAt).toBeDefined();
    expect(stateOf(facts)).toBe('failed');
  });

  test('tells which run and rule deleted it', async () => {
    const system = await newSystem();
    system.emits([...documents('a', 'b', 'c'), COMPLETE]);
    await system.run();
    system.emits([...documents('a', 'b'), COMPLETE]);
    const { run } = await system.run();

    const facts = await explained(system, 'c');

    expect(facts).toMatchObject({
      document: { state: 'deleted' },
      deletion: { run, rule: 'missing from a complete listing' },
    });
    expect(explainVerdict('s', facts).sentences[0]).toContain(`by run "${run}"`);
  });

  test('tells of the question that holds it', async () => {
    const system = await newSystem();
    const names = Array.from({ length: 20 }, (_, at) => `d${at}`);
    system.emits([...documents(...names), COMPLETE]);
    await system.run();
    system.emits([...documents('d0'), COMPLETE]);
    const { run, status } = await system.run();
    expect(status).toBe('held');

    const facts = await explained(system, 'd7');

    expect(facts.question).toMatchObject({ state: 'open', kind: 'deletions', run });
    const { state, next } = explainVerdict('s', facts);
    expect(state).toBe('held');
    expect(next).toEqual([
      expect.stringMatching(/^approve \w{8}$/),
      expect.stringMatching(/^reject \w{8}$/),
    ]);
  });

  test('an unknown id is answered with the nearest known ones, within a payload', async () => {
    const system = await newSystem();
    const long = 'x'.repeat(1900);
    system.emits([
      ...documents(
        'guide/install',
        'guide/upgrade',
        `zz/${long}`,
        `zy/${long}`,
        `zx/${long}`,
        `zw/${long}`,
      ),
      COMPLETE,
    ]);
    await system.run();

    const facts = await explained(system, 'guide/instal');
    const farOff = await explained(system, `zv/${long}`);

    expect(facts.document).toBeUndefined();
    expect(facts.nearest[0]).toBe('guide/install');
    expect(stateOf(facts)).toBe('unknown');
    expect(Buffer.byteLength(JSON.stringify(farOff))).toBeLessThan(8000);
  });

  test('a source that is looked at with another definition is said to be read again', async () => {
    const system = await newSystem();
    system.emits([...documents('a'), COMPLETE]);
    await system.run();
    await sql`update documents set config_sig = 'older' where source = ${system.id}`.execute(
      system.db,
    );

    const { sentences } = explainVerdict('s', await explained(system, 'a'));

    expect(sentences.join(' ')).toContain('made with another definition');
  });

  test('S3 and the knowledge base may be away: the rest is told', async () => {
    const system = await newSystem();
    system.emits([...documents('a'), COMPLETE]);
    await system.run();
    const away = () => Promise.reject(new Error('The service is away.'));
    const input = {
      tenant: 'default',
      source: system.id,
      verb: 'explain',
      limit: 0,
      about: 'a',
    } as const;

    const { explanation } = await system.act(inspectSource, input, {
      objects: { ...system.objects, head: away },
      knowledge: { ...system.cloud.knowledge, getDocumentStatuses: away },
    });

    expect(explanation).toMatchObject({
      document: { state: 'live' },
      stored: { problem: 'The service is away.' },
      knowledge: { problem: 'The service is away.' },
    });
  });
});
