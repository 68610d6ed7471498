import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { inspectSource } from '../../../activities/collection/inspect-source.ts';
import { http } from '../../../activities/sources/http.ts';
import { storeDefinition } from '../../../adapters/postgres/revisions.ts';
import { explainVerdict } from '../../../workflows/collection/explain-verdict.ts';
import type { Explanation } from '../../../workflows/collection/explanation.ts';
import { documentHash } from '../../../activities/collection/identity.ts';
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

describe('explaining a page of a web source (sources B7, B8, B11)', () => {
  const SITE = 'https://docs.example';
  const config = {
    urls: [`${SITE}/`],
    follow: { include: ['/guide/**', '/private/**'], exclude: ['/guide/old/**'] },
  };

  async function page(system: WholeSystem, about: string): Promise<Explanation> {
    const definition = { ...system.definition(), type: 'http', config };
    const digest = await storeDefinition(system.db, definition);
    const look = { tenant: 'default', source: system.id, verb: 'explain', limit: 0 } as const;
    const sourceTypes = new Map([['http', http]]);
    const { explanation } = await system.act(
      inspectSource,
      { ...look, about, digest },
      { sourceTypes },
    );
    if (!explanation) throw new Error('There is no explanation.');
    return explanation;
  }

  async function crawled(system: WholeSystem, path: string, rest: Record<string, unknown>) {
    const url = `${SITE}${path}`;
    const row = { tenant: 'default', source: system.id, hash: documentHash(url), url };
    const fetched_at = '2026-11-20T10:00:00Z';
    await system.db
      .insertInto('web_pages')
      .values({ ...row, config_sig: 'x', fetched_at, ...rest })
      .execute();
  }

  async function robots(system: WholeSystem, body: string): Promise<void> {
    const at = '2026-11-20T09:00:00Z';
    await sql`insert into robots_copies (origin, asked_at, status, fetched_at, body)
      values (${SITE}, ${at}, 200, ${at}, ${Buffer.from(body)})
      on conflict (origin) do update set body = excluded.body`.execute(system.db);
  }

  test('names the glob that refuses it, whatever its address looks like', async () => {
    const system = await newSystem();

    const facts = await page(system, 'https://DOCS.example:443/guide/old/a?utm_source=mail#top');

    expect(facts).toMatchObject({ id: `${SITE}/guide/old/a`, ruling: { taken: false } });
    expect(explainVerdict('s', facts)).toMatchObject({
      state: 'refused',
      sentences: ['It is left out, because "follow.exclude" has "/guide/old/**".'],
    });
  });

  test('names the line of robots.txt, and when our copy was read', async () => {
    const system = await newSystem();
    await robots(system, 'User-agent: *\nDisallow: /private/');
    await crawled(system, '/private/a', { reason: 'robots', detail: null });

    const facts = await page(system, `${SITE}/private/a`);

    expect(facts.host).toMatchObject({
      allowed: false,
      robotsRule: 'Disallow: /private/',
      robotsStatus: 200,
      robotsReadAt: '2026-11-20T09:00:00.000Z',
    });
    expect(stateOf(facts)).toBe('refused');
  });

  test('tells the last fetch, its status, its validators and why it is no document', async () => {
    const system = await newSystem();
    const validators = { etag: '"v7"', last_modified: 'Fri, 20 Nov 2026 09:00:00 GMT' };
    const why = { reason: 'noindex', detail: 'The header X-Robots-Tag says so.' };
    await crawled(system, '/guide/b', { status: 200, text_hash: 'abc', ...validators, ...why });

    const facts = await page(system, `${SITE}/guide/b`);

    expect(facts.page).toEqual({
      fetchedAt: '2026-11-20T10:00:00.000Z',
      status: 200,
      etag: '"v7"',
      lastModified: 'Fri, 20 Nov 2026 09:00:00 GMT',
      textHash: 'abc',
      ...why,
    });
    expect(explainVerdict('s', facts).sentences[0]).toContain('(noindex): The header');
  });

  test('a page that no crawl has met is answered with pages that some has', async () => {
    const system = await newSystem();
    await crawled(system, '/guide/install', { status: 200 });

    const facts = await page(system, `${SITE}/guide/instal`);

    expect(facts.nearest).toEqual([`${SITE}/guide/install`]);
    expect(explainVerdict('s', facts).sentences[0]).toContain('no crawl has met it');
  });
});
