import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../adapters/postgres/database.ts';
import { migrate } from '../../../adapters/postgres/migrate.ts';
import { closeNotices } from '../../../adapters/postgres/notices.ts';
import { isSigned } from '../../fakes/webhook-receiver.ts';
import { withDatabase } from '../../set-up/postgres.ts';
import { held, newTellingCase, SECRET } from './telling.ts';

const url = withDatabase();
let db: Database;

beforeAll(async () => {
  db = openDatabase(url());
  await migrate(db);
});
afterAll(() => db.destroy());

describe('a webhook', () => {
  test('gets a signed sentence: what, where, since when, and which command answers it', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('docs', { severity: 'critical' }));
    expect(await telling.deliver()).toEqual({ delivered: 1 });

    const [post] = telling.receiver.posts;
    expect(post?.message).toEqual({
      v: 1,
      id: post?.headers['x-wellspring-id'],
      kind: 'run-held',
      severity: 'critical',
      text: 'A run of source "docs" is held. Since 2026-11-21 12:00 UTC. Answer it with: npm run cli -- run show docs',
      what: 'A run of source "docs" is held.',
      where: { tenant: 'default', source: 'docs', run: 'collect:docs-2026-11-21T12:00:00Z' },
      since: '2026-11-21T12:00:00.000Z',
      command: 'npm run cli -- run show docs',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(post && isSigned(post, SECRET)).toBe(true);
    expect(post && isSigned({ ...post, text: `${post.text} ` }, SECRET)).toBe(false);
    expect(post).toMatchObject({
      method: 'POST',
      path: '/hook',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'x-wellspring-event': 'run-held',
      },
    });
  });

  test('is told once, however often the thing is noted, until it was cured and comes back', async () => {
    await using telling = await newTellingCase(db);
    for (let run = 0; run < 5; run += 1) {
      await telling.note(held('docs'));
      await telling.deliver();
    }
    expect(telling.receiver.posts).toHaveLength(1);

    const cured = { tenant: 'default', source: 'docs', kinds: ['run-held'] as const };
    await closeNotices(db, { ...cured, because: 'a run succeeded' });
    await telling.note(held('docs'));
    await telling.deliver();
    expect(telling.receiver.posts).toHaveLength(2);
  });

  test('is told what it asked for, and what it is told later when it asks for more', async () => {
    await using telling = await newTellingCase(db);
    await telling.apply({ events: ['source-paused'] });
    await telling.note(held('a'), held('b', { kind: 'source-paused' }));
    await telling.deliver();
    expect(telling.receiver.posts.map(({ message }) => message.kind)).toEqual(['source-paused']);

    await telling.apply();
    await telling.deliver();
    expect(telling.receiver.posts.map(({ message }) => message.kind)).toEqual([
      'source-paused',
      'run-held',
    ]);
  });

  test('that cannot take it now gets the same request again, under the same id, and then no more', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('docs'));
    const answers = [
      { status: 503, headers: { 'retry-after': '7' } },
      undefined,
      { status: 429 },
      { status: 200 },
    ];
    telling.receiver.answer = () => answers.shift();

    await expect(telling.deliver()).rejects.toMatchObject({
      type: 'Unavailable',
      nonRetryable: false,
      nextRetryDelay: 7000,
      message:
        'Webhook "ops" was not told: The receiver answered 503. It is tried again, for a day.',
    });
    expect(await telling.posts()).toMatchObject([
      { state: 'waiting', attempts: 1, problem: 'The receiver answered 503.' },
    ]);
    await expect(telling.deliver()).rejects.toThrow('closed the connection');
    await expect(telling.deliver()).rejects.toThrow('The receiver answered 429.');
    expect(await telling.deliver()).toEqual({ delivered: 1 });
    expect(await telling.deliver()).toEqual({ delivered: 0 });

    const ids = telling.receiver.posts.map(({ headers }) => headers['x-wellspring-id']);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
    expect(new Set(telling.receiver.posts.map(({ text }) => text)).size).toBe(1);
    expect(await telling.posts()).toMatchObject([
      { state: 'delivered', attempts: 4, problem: null },
    ]);
  });

  test.each([410, 404, 400, 401, 302])(
    'that answers %i is not asked again, and it shows',
    async (status) => {
      await using telling = await newTellingCase(db);
      await telling.note(held('docs'));
      telling.receiver.answer = () => ({ status, headers: { location: '/elsewhere' } });
      expect(await telling.deliver()).toEqual({ delivered: 0 });
      expect(await telling.deliver()).toEqual({ delivered: 0 });
      expect(telling.receiver.posts).toHaveLength(1);
      const [post] = await telling.posts();
      expect(post).toMatchObject({ state: 'refused', attempts: 1 });
      expect(post?.problem).toMatch(
        status === 302 ? /name the final address/ : new RegExp(`${status}`),
      );
    },
  );

  test('is given up after a day, and what comes then is still told', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('old'));
    telling.receiver.answer = () => ({ status: 500 });
    await expect(telling.deliver()).rejects.toThrow('500');
    await sql`update notice_posts set created_at = now() - interval '25 hours'`.execute(db);
    telling.receiver.answer = () => ({ status: 200 });
    await telling.note(held('new'));
    expect(await telling.deliver()).toEqual({ delivered: 1 });
    expect((await telling.posts()).map(({ state }) => state)).toEqual(['expired', 'delivered']);
    expect(telling.receiver.posts.at(-1)?.message.where.source).toBe('new');
  });

  test('is told what waited for longer than a day because no worker was there', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('docs'));
    telling.receiver.answer = () => ({ status: 500 });
    await expect(telling.deliver()).rejects.toThrow('500');
    await sql`update notice_posts set attempts = 0, created_at = now() - interval '25 hours'`.execute(
      db,
    );
    telling.receiver.answer = () => ({ status: 200 });
    expect(await telling.deliver()).toEqual({ delivered: 1 });
  });

  test('is not bothered with what was cured before it could be told', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('docs'));
    telling.receiver.answer = () => ({ status: 500 });
    await expect(telling.deliver()).rejects.toThrow('500');
    const cured = { tenant: 'default', source: 'docs', kinds: ['run-held'] as const };
    await closeNotices(db, { ...cured, because: 'a run succeeded' });
    expect(await telling.deliver()).toEqual({ delivered: 0 });
    expect(await telling.posts()).toMatchObject([{ state: 'dropped' }]);
  });

  test('that left the definitions is told nothing any more', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('docs'));
    telling.receiver.answer = () => ({ status: 500 });
    await expect(telling.deliver()).rejects.toThrow('500');
    await telling.apply({ id: 'others' });
    expect(await telling.deliver()).toEqual({ delivered: 0 });
    expect(await telling.posts()).toMatchObject([
      { state: 'dropped', problem: 'Webhook "ops" is not in the definitions any more.' },
    ]);
  });
});

describe('a storm', () => {
  test('becomes one digest with numbers, bounded, and the next minute has room again', async () => {
    await using telling = await newTellingCase(db);
    const paused = Array.from({ length: 37 }, (_, at) =>
      held(`s${at}`, {
        kind: 'source-paused',
        what: `Source "s${at}" is paused. ${'x'.repeat(900)}`,
      }),
    );
    await telling.note(...paused, held('docs'));
    expect(await telling.deliver()).toEqual({ delivered: 1 });
    const [post] = telling.receiver.posts;
    expect(post?.message).toMatchObject({
      kind: 'digest',
      severity: 'critical',
      what: '1 run is held; 37 sources are paused.',
      counts: { 'source-paused': 37, 'run-held': 1 },
      command: 'npm run cli -- notices',
    });
    expect(post?.message.notices).toHaveLength(20);
    expect(post?.text.length).toBeLessThan(40_000);
    await telling.note(...paused);
    expect(await telling.deliver()).toEqual({ delivered: 0 });
  });

  test('that goes on waits for the next minute, and loses nothing', async () => {
    await using telling = await newTellingCase(db);
    for (let at = 0; at < 10; at += 1) {
      await telling.note(held(`s${at}`));
      await telling.deliver();
    }
    expect(telling.receiver.posts).toHaveLength(10);
    await telling.note(held('one'), held('two'));
    const { waitMs = 0, delivered } = await telling.deliver();
    expect(delivered).toBe(0);
    expect(waitMs).toBeGreaterThan(50_000);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    await sql`update notice_posts set created_at = created_at - interval '1 minute'`.execute(db);
    expect(await telling.deliver()).toEqual({ delivered: 2 });
  });

  test('while the receiver is away ends in one digest, not in a flood', async () => {
    await using telling = await newTellingCase(db);
    telling.receiver.answer = () => ({ status: 503 });
    for (let at = 0; at < 30; at += 1) {
      await telling.note(held(`s${at}`));
      await expect(telling.deliver()).rejects.toThrow('503');
    }
    telling.receiver.answer = () => ({ status: 200 });
    const before = telling.receiver.posts.length;
    expect(await telling.deliver()).toEqual({ delivered: 2 });
    const kinds = telling.receiver.posts.slice(before).map(({ message }) => message.what);
    expect(kinds).toEqual(['A run of source "s0" is held.', '29 runs are held.']);
  });

  test('wakes the teller once while its requests wait', async () => {
    await using telling = await newTellingCase(db);
    telling.receiver.answer = () => ({ status: 503 });
    await telling.note(held('first'));
    await expect(telling.deliver()).rejects.toThrow('503');
    for (let at = 0; at < 5; at += 1) await telling.note(held(`s${at}`));
    expect(telling.woken).toEqual(['ops']);
  });
});

describe('two attempts at once', () => {
  test('put each notice into one request', async () => {
    await using telling = await newTellingCase(db);
    await telling.note(held('a'), held('b'), held('c'));
    await Promise.all([telling.deliver(), telling.deliver(), telling.deliver()]);
    const ids = new Set(telling.receiver.posts.map(({ message }) => message.id));
    const sources = telling.receiver.posts.map(({ message }) => message.where.source);
    expect(ids.size).toBe(3);
    expect(new Set(sources)).toEqual(new Set(['a', 'b', 'c']));
  });
});

describe('nothing reaches where it should not', () => {
  test('sources B9: an internal host is refused, the sentence names the setting, and it waits for the operator', async () => {
    await using telling = await newTellingCase(db, { allowedHosts: [] });
    await telling.note(held('docs'));
    await expect(telling.deliver()).rejects.toThrow('WELLSPRING_ALLOWED_HOSTS');
    expect(telling.receiver.posts).toHaveLength(0);
    expect(await telling.posts()).toMatchObject([
      { state: 'waiting', problem: expect.stringContaining('WELLSPRING_ALLOWED_HOSTS') },
    ]);
  });

  test('no secret of a webhook is in a body, a problem, a failure or a row', async () => {
    await using telling = await newTellingCase(db, { allowedHosts: [] });
    await telling.apply({
      url: `${telling.receiver.url}/\${env:HOOK_PATH}`,
      headers: { Authorization: 'Bearer ${env:HOOK_SECRET}' },
    });
    await telling.note(held('docs', { what: `It says ${SECRET} and T0/canary-path.` }));
    const refused = await telling.deliver().catch((error: unknown) => String(error));
    expect(refused).not.toContain('canary');
    const rows = JSON.stringify(await telling.posts());
    expect(rows).not.toContain('canary');

    await using allowed = await newTellingCase(db);
    await allowed.apply({
      url: `${allowed.receiver.url}/\${env:HOOK_PATH}`,
      headers: { Authorization: 'Bearer ${env:HOOK_SECRET}' },
    });
    await allowed.note(held('docs', { what: `It says ${SECRET}.` }));
    await allowed.deliver();
    const [post] = allowed.receiver.posts;
    expect(post?.path).toBe('/T0/canary-path');
    expect(post?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(post?.text).not.toContain('canary');
    expect(post && isSigned(post, SECRET)).toBe(true);
  });

  test('an address that is none is named by its reference', async () => {
    await using telling = await newTellingCase(db);
    await telling.apply({ url: '${env:HOOK_PATH}?x=1' });
    await telling.note(held('docs'));
    const refused = await telling.deliver().catch((error: unknown) => String(error));
    expect(refused).toContain(
      'The address "${env:HOOK_PATH}?x=1" of webhook "ops" is no http or https address on this worker.',
    );
    expect(refused).not.toContain('canary');
  });

  test('a secret that is not set is named, and what waits is told when it is', async () => {
    await using telling = await newTellingCase(db);
    await telling.apply({ secret: '${env:NOT_SET}' });
    await telling.note(held('docs'));
    await expect(telling.deliver()).rejects.toThrow(
      'Webhook "ops" was not told: The secret "${env:NOT_SET}" of webhook "ops" is not there on this worker, or is empty. Set it where workers run; what waits is then delivered by itself.',
    );
    await telling.apply();
    expect(await telling.deliver()).toEqual({ delivered: 1 });
  });
});

describe('a test message', () => {
  test('says that nothing is wrong, and needs no notice', async () => {
    await using telling = await newTellingCase(db);
    const { id, status } = await telling.test();
    expect({ id, status }).toEqual({ id: telling.receiver.posts[0]?.message.id, status: 204 });
    expect(telling.receiver.posts[0]?.message).toMatchObject({
      kind: 'test',
      what: 'This is a test of webhook "ops". Nothing is wrong.',
    });
    expect(await telling.posts()).toEqual([]);
  });

  test('that is not taken says why', async () => {
    await using telling = await newTellingCase(db);
    telling.receiver.answer = () => ({ status: 403 });
    await expect(telling.test()).rejects.toThrow(
      'Webhook "ops" did not take the test. The receiver answered 403. It is not asked again.',
    );
    await telling.apply({ id: 'others' });
    await expect(telling.test()).rejects.toThrow('No webhook "ops" is in force.');
  });
});
