import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { script } from '../../../../activities/sources/script.ts';
import { describeSource } from '../../../contracts/source.ts';
import { textOf, withReading, type Config } from './reading.ts';

const SOURCE = fileURLToPath(new URL('../../../fakes/airbyte-source.ts', import.meta.url));
const TOKEN = 'tok-airbyte-4711';
const { env, read } = withReading();

function airbyte(behaviour = '', rest: Config = {}) {
  return {
    command: [process.execPath, SOURCE],
    dialect: 'airbyte',
    env: { BEHAVIOUR: behaviour },
    settings: { host: 'db.example.com' },
    secretSettings: { 'credentials.token': TOKEN },
    ...rest,
  };
}

const USERS = ['["users",9007199254740992]', '["users",2]', '["users",3]'];
const TOWNS = ['[["public","towns"],"a"]', '[["public","towns"],"b"]'];
const ONLY_USERS = { streams: { users: {} } };
const ONLY_TOWNS = { streams: { 'public.towns': {} } };

describeSource('an Airbyte source', () =>
  Promise.resolve({
    type: script,
    config: airbyte(),
    expectedIds: [...TOWNS, ...USERS],
    secrets: [TOKEN],
    unfit: { 'read.listing': 'One of its streams is read in increments.' },
    badConfigs: [
      {
        why: 'a setting that is missing',
        config: airbyte('', { settings: {} }),
        outcome: 'FAIL' as const,
        naming: /"settings\.host" is missing/u,
      },
      {
        why: 'a setting that is wrong',
        config: airbyte('', { settings: { host: 'x', pages: 0 } }),
        outcome: 'FAIL' as const,
        naming: /"settings\.pages" is wrong/u,
      },
      {
        why: 'a secret among the plain settings',
        config: airbyte('', { settings: { host: 'x', credentials: { token: TOKEN } } }),
        outcome: 'FAIL' as const,
        naming: /"settings\.credentials\.token" is a secret; move it to "secretSettings"/u,
      },
      {
        why: 'a token that is refused',
        fault: 'credentials' as const,
        config: airbyte('', { secretSettings: { 'credentials.token': 'wrong-token-9' } }),
        outcome: 'FAIL' as const,
        naming: /token \[secret\] was refused by db\.example\.com/u,
      },
      {
        why: 'a source that does not answer',
        fault: 'unreachable' as const,
        config: airbyte('down'),
        outcome: 'INDETERMINATE' as const,
        naming: /host does not answer/u,
      },
      {
        why: 'a stream that it does not have',
        config: airbyte('', { streams: { usres: {} } }),
        outcome: 'FAIL' as const,
        naming: /"usres".*"public\.towns", "users"/su,
      },
      {
        why: 'no streams at all',
        config: airbyte('no-streams'),
        outcome: 'FAIL' as const,
        naming: /lists no streams/u,
      },
      {
        why: 'increments of a stream that has none',
        config: airbyte('', { streams: { 'public.towns': { sync: 'incremental' } } }),
        outcome: 'FAIL' as const,
        naming: /"public\.towns".*everything in each run/u,
      },
    ],
  }),
);

describe('the Airbyte dialect', () => {
  test('records become documents by stream; namespaces and long keys are kept, deletions are gone', async () => {
    const {
      ids,
      messages,
      documents,
      env: using,
    } = await read(
      airbyte('', { streams: { 'public.towns': { title: 'place.name' }, users: {} } }),
    );

    expect(ids).toStrictEqual([...TOWNS, ...USERS]);
    expect(documents[0]).toMatchObject({ title: 'Aalen', attributes: { stream: 'public.towns' } });
    expect(textOf(documents, '["users",2]')).toContain('**name:** Bo');
    expect(messages).toContainEqual({
      kind: 'gone',
      id: '[["public","towns"],"c"]',
      why: 'the record says that it was removed',
    });
    expect(JSON.stringify(using.records)).toContain('nulled or cut 1 fields');
  });

  test.each(['', 'global', 'legacy'])(
    'states of the %s type are checkpoints, and come back',
    async (kind) => {
      const config = airbyte(kind, ONLY_USERS);

      const first = await read(config);
      const middle = await read(config, JSON.parse(JSON.stringify(first.cursors[0])));
      const again = await read(config, JSON.parse(JSON.stringify(first.cursors.at(-1))));

      expect(first.cursors).toHaveLength(4);
      expect(middle.ids).toStrictEqual(USERS.slice(1));
      expect(again.ids).toStrictEqual([]);
      expect(again.cursors.at(-1)).toStrictEqual(first.cursors.at(-1));
    },
  );

  test('the state of a stream that is read whole is not kept: each run reads it all', async () => {
    const first = await read(airbyte('', ONLY_TOWNS));
    const second = await read(airbyte('', ONLY_TOWNS), first.cursors.at(-1));

    expect(first.cursors).toStrictEqual([null]);
    expect(second.ids).toStrictEqual(TOWNS);
  });
});

describe('the listing of an Airbyte source', () => {
  test('COMPLETE of every stream that is read whole is complete', async () => {
    const towns = await read(airbyte('', ONLY_TOWNS));
    const whole = await read(
      airbyte('', { streams: { 'public.towns': {}, users: { sync: 'full' } } }),
    );

    expect(towns.listing).toStrictEqual({ kind: 'listing', complete: true });
    expect(whole.listing).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('increments are never a listing, even when COMPLETE', async () => {
    expect((await read(airbyte('', ONLY_USERS))).listing).toBeUndefined();
    expect((await read(airbyte())).listing).toBeUndefined();
  });

  test('INCOMPLETE is told with the name of the stream', async () => {
    const { listing } = await read(airbyte('incomplete'));

    expect(listing).toMatchObject({
      complete: false,
      why: expect.stringContaining('"public.towns"'),
    });
  });

  test('a source that says nothing of its streams is complete only by the word of the definition', async () => {
    const silent = await read(airbyte('no-status', ONLY_TOWNS));
    const stated = await read(airbyte('no-status', { fullListing: true }));

    expect(silent.listing).toBeUndefined();
    expect(stated.listing).toStrictEqual({ kind: 'listing', complete: true });
    expect(stated.cursors).toStrictEqual([null]);
  });

  test('a record of a stream that nobody asked for is a dead letter, and takes the licence away', async () => {
    const { dead, listing } = await read(airbyte('stranger', ONLY_TOWNS));

    expect(dead).toStrictEqual([expect.stringContaining('"strange", which was not asked for')]);
    expect(listing).toMatchObject({ complete: false });
  });
});

describe('failures of an Airbyte source', () => {
  test.each([
    ['config_error', 'InvalidConfig', true],
    ['transient_error', 'SourceUnavailable', false],
    ['system_error', 'ScriptError', true],
  ])(
    'a TRACE of %s is %s, and what stood before it stays',
    async (behaviour, type, nonRetryable) => {
      const { error, ids, listing } = await read(airbyte(behaviour, ONLY_USERS));

      expect(error).toMatchObject({
        type,
        nonRetryable,
        details: [
          { failureType: behaviour, exitCode: 1, stderrTail: 'Traceback (most recent call last)' },
        ],
      });
      expect(String(error)).not.toContain(TOKEN);
      expect(ids).toStrictEqual(USERS.slice(0, 2));
      expect(listing).toBeUndefined();
    },
  );

  test('an exit code without a TRACE is ScriptError', async () => {
    const { error } = await read(airbyte('exit', ONLY_USERS));

    expect(error).toMatchObject({ type: 'ScriptError', details: [{ exitCode: 3 }] });
  });

  test('CONTROL is refused after the documents, by names alone', async () => {
    const { error, ids, listing } = await read(airbyte('control'));

    expect(ids).toHaveLength(5);
    expect(listing).toBeUndefined();
    expect(error).toMatchObject({
      type: 'InvalidConfig',
      message: expect.stringContaining('"refresh_token"'),
    });
    expect(String(error)).not.toContain('new-secret-1');
  });

  test('a long wait for a quota is given back, once a checkpoint keeps the progress', async () => {
    const { error, cursors } = await read(airbyte('limited-600000', ONLY_USERS));

    expect(error).toMatchObject({ type: 'RateLimited', nonRetryable: false });
    expect((error as { nextRetryDelay: number }).nextRetryDelay).toBeGreaterThan(590_000);
    expect(cursors).toHaveLength(2);
  });

  test('a short wait is left to the source', async () => {
    const { error, ids } = await read(airbyte('limited-300', ONLY_USERS));

    expect(error).toBeUndefined();
    expect(ids).toStrictEqual(USERS);
  });

  test('a cancellation ends a source that waits for its quota, within 5 seconds', async () => {
    const using = env();
    const reading = read(airbyte('limited-50000', ONLY_USERS), null, using);
    setTimeout(() => using.abort(), 1_000);

    const startedAt = performance.now();
    const { error } = await reading;

    expect(error).toMatchObject({ message: 'The test cancelled the attempt.' });
    expect(performance.now() - startedAt).toBeLessThan(6_000);
  });

  test('a catalog that is not there is told', async () => {
    const { error } = await read({
      command: ['echo', '{"type":"LOG","log":{"message":"x"}}'],
      dialect: 'airbyte',
    });

    expect(error).toMatchObject({
      type: 'ScriptError',
      message: expect.stringContaining('without a CATALOG message'),
    });
  });
});

test('discover names streams with keys, cursors and fields', async () => {
  const { streams } = await script.open(airbyte()).discover(env());

  expect(streams).toStrictEqual([
    { name: 'public.towns', primaryKey: ['code'], fields: [{ name: 'code', type: 'string' }] },
    {
      name: 'users',
      primaryKey: ['id'],
      cursorCandidates: ['updated'],
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'updated', type: 'integer', nullable: true },
      ],
    },
  ]);
});
