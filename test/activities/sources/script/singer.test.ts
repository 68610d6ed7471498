import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { script } from '../../../../activities/sources/script.ts';
import { describeSource } from '../../../contracts/source.ts';
import { textOf, withReading, type Config } from './reading.ts';

const TAP = fileURLToPath(new URL('../../../fakes/singer-tap.ts', import.meta.url));
const KEY = 'key-4711-secret';
const { env, read } = withReading();

function tap(behaviour = '', rest: Config = {}, variables: Readonly<Record<string, string>> = {}) {
  return {
    command: [process.execPath, TAP],
    dialect: 'singer',
    env: { TAP: behaviour, ...variables },
    ...rest,
  };
}

const BOTH = { users: {}, towns: {} };

describeSource('a Singer tap', () =>
  Promise.resolve({
    type: script,
    config: tap('needs-key', {
      settings: { start_date: '2026-01-01' },
      secretSettings: { api_key: KEY },
      streams: BOTH,
    }),
    expectedIds: ['["users",1]', '["users",2]', '["towns","a"]', '["towns","b"]'],
    secrets: [KEY],
    unfit: { 'read.listing': 'The tap activates a version of one of its streams only.' },
    badConfigs: [
      {
        why: 'a stream that the tap does not have',
        fault: 'nothing' as const,
        config: tap('', { streams: { usres: {} } }),
        outcome: 'FAIL' as const,
        naming: /"usres".*"towns", "users"/su,
      },
      {
        why: 'a key that is refused',
        fault: 'credentials' as const,
        config: tap('needs-key', { secretSettings: { api_key: 'wrong-key-9' }, streams: BOTH }),
        outcome: 'FAIL' as const,
        naming: /exit code 77.*\[secret\] was refused/su,
      },
      {
        why: 'a tap without a catalog',
        config: tap('no-catalog', { streams: BOTH }),
        outcome: 'FAIL' as const,
        naming: /catalog: none/u,
      },
      {
        why: 'a setting whose path is none',
        config: tap('', { secretSettings: { 'a..b': 'x' } }),
        outcome: 'InvalidConfig' as const,
        naming: /secretSettings/u,
      },
    ],
  }),
);

describe('the Singer dialect', () => {
  test('types in any case are understood; a record that was deleted at the source is gone', async () => {
    const { ids, messages, error } = await read(tap());

    expect(error).toBeUndefined();
    expect(ids).toStrictEqual(['["users",1]', '["users",2]', '["towns","a"]', '["towns","b"]']);
    expect(messages).toContainEqual({
      kind: 'gone',
      id: '["users",3]',
      why: 'the record says that it was removed',
    });
  });

  test('each STATE is a checkpoint where it stands, after the records before it', async () => {
    const { messages } = await read(tap('', { streams: { users: {} } }));

    expect(messages.map((one) => one.kind)).toStrictEqual([
      'document',
      'checkpoint',
      'document',
      'checkpoint',
      'gone',
      'checkpoint',
      'checkpoint',
      'checkpoint',
    ]);
    expect(messages.at(-1)).toStrictEqual({
      kind: 'checkpoint',
      cursor: { state: '{"users":3}', versions: {} },
    });
  });

  test('the state comes back by file, as it stood to the last digit', async () => {
    const first = await read(tap('echo'));
    const again = await read(tap('echo'), first.cursors.at(-1));

    expect(textOf(first.documents, '["echo",1]')).toContain('**state:** none');
    expect(textOf(again.documents, '["echo",1]')).toContain('**state:** {"at":9007199254740993}');
  });

  test('bookmarks include their own value, so that a rerun repeats the boundary and nothing else', async () => {
    const { ids, messages } = await read(tap('', { streams: { users: {} } }), {
      state: '{"users":2}',
      versions: {},
    });

    expect(ids).toStrictEqual(['["users",2]']);
    expect(messages.filter((one) => one.kind === 'gone')).toHaveLength(1);
  });

  test('settings and secrets reach the tap in one file, at their paths', async () => {
    const { documents } = await read(
      tap('echo', {
        settings: { login: { name: 'me' }, pages: 3 },
        secretSettings: { 'login.token': 'tok-12345' },
      }),
    );

    expect(textOf(documents, '["echo",1]')).toContain(
      '**config:** {"login":{"name":"me","token":"tok-12345"},"pages":3}',
    );
  });

  test('only the named streams are selected, and records of others are dropped if the tap sends them', async () => {
    const selected = await read(tap('', { streams: { towns: {} } }));
    const ignored = await read(tap('ignores-selection', { streams: { towns: {} } }));

    expect(selected.ids).toStrictEqual(['["towns","a"]', '["towns","b"]']);
    expect(ignored.ids).toStrictEqual(selected.ids);
    expect(ignored.dead).toStrictEqual([]);
  });

  test('templates make the documents of a stream', async () => {
    const { documents } = await read(
      tap('', {
        streams: {
          users: {
            key: ['name'],
            title: '{{name}} ({{id}})',
            body: '# {{name}}\n\n{{notes}}',
            link: 'https://example.com/{{name}}',
            metadata: ['updated'],
          },
        },
      }),
    );

    expect(documents[1]).toStrictEqual({
      id: '["users","Bo"]',
      title: 'Bo (2)',
      url: 'https://example.com/Bo',
      attributes: { stream: 'users', updated: 2 },
      body: { kind: 'markdown', text: '# Bo\n\nlikes tea' },
    });
  });

  test('a failing exit keeps what stood before it, and lists nothing', async () => {
    const { ids, error, listing } = await read(tap('fails', { streams: BOTH }));

    expect(ids).toHaveLength(4);
    expect(error).toMatchObject({ type: 'ScriptError' });
    expect(listing).toBeUndefined();
  });

  test('discover names streams with keys and fields', async () => {
    const { streams } = await script.open(tap()).discover(env());

    expect(streams).toStrictEqual([
      { name: 'towns', primaryKey: ['code'], fields: [{ name: 'code', type: 'string' }] },
      {
        name: 'users',
        primaryKey: ['id'],
        fields: [
          { name: 'id', type: 'integer' },
          { name: 'name', type: 'string', nullable: true },
        ],
      },
    ]);
  });

  test.each([
    ['a BATCH', '{"type":"BATCH","stream":"s","manifest":[]}', /BATCH message.*batch_config/u],
    ['an unknown type', '{"type":"HELLO"}', /no known type; known are RECORD, SCHEMA/u],
    ['a record that is a list', '{"type":"RECORD","stream":"s","record":[1]}', /wrong "record"/u],
    ['no JSON', 'Starting sync', /not one JSON object/u],
  ])('%s is one dead letter, and takes the licence to delete away', async (_what, line, why) => {
    const { dead, listing, error } = await read({
      command: ['echo', line],
      dialect: 'singer',
      fullListing: true,
    });

    expect(error).toBeUndefined();
    expect(dead).toStrictEqual([expect.stringMatching(why)]);
    expect(listing).toMatchObject({ complete: false });
  });

  test('S10: a line that is not valid UTF-8 is a dead letter of its record, where the key can be read', async () => {
    const { dead, messages, listing } = await read({
      command: [
        'printf',
        [
          '{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["id"]}',
          '{"type":"RECORD","stream":"s","record":{"id":1,"text":"\\377"}}',
          '{"type":"RECORD","stream":"s","record":{"id":"\\377"}}',
          '{"type":"STATE","value":{"at":"\\377"}}\\n',
        ].join('\\n'),
      ],
      dialect: 'singer',
      fullListing: true,
    });

    expect(dead).toStrictEqual(
      [2, 3, 4].map((line) => `Line ${line} of the script is not valid UTF-8.`),
    );
    expect(messages[0]).toMatchObject({ kind: 'failed', id: '["s",1]' });
    expect(messages[1]).not.toHaveProperty('id');
    expect(listing).toMatchObject({ complete: false, why: expect.stringContaining('2 lines') });
  });

  test('keys that differ beyond 2^53 stay two documents', async () => {
    const { ids } = await read({
      command: [
        'printf',
        [
          '{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["id"]}',
          '{"type":"RECORD","stream":"s","record":{"id":9007199254740992}}',
          '{"type":"RECORD","stream":"s","record":{"id":9007199254740993}}',
        ].join('\\n'),
      ],
      dialect: 'singer',
    });

    expect(ids).toStrictEqual(['["s",9007199254740992]', '["s",9007199254740993]']);
  });
});

describe('ACTIVATE_VERSION', () => {
  const towns = { streams: { towns: {} } };

  test('is a complete listing when every named stream was activated after its records', async () => {
    const { listing } = await read(tap('', towns));
    const both = await read(tap('activates-all', { streams: BOTH }));

    expect(listing).toStrictEqual({ kind: 'listing', complete: true });
    expect(both.listing).toStrictEqual({ kind: 'listing', complete: true });
  });

  test('of one stream says nothing about the other', async () => {
    const { listing } = await read(tap('', { streams: BOTH }));

    expect(listing).toBeUndefined();
  });

  test('before the records of its stream is no listing', async () => {
    const { listing } = await read(tap('activates-early', towns));

    expect(listing).toBeUndefined();
  });

  test('without named streams is none: the tap may have left a stream out', async () => {
    const { listing } = await read(tap('activates-all'));

    expect(listing).toBeUndefined();
  });

  test('of a version that an earlier read named is none, of a new one it is', async () => {
    const first = await read(tap('', towns));
    const same = await read(tap('', towns), first.cursors.at(-1));
    const next = await read(tap('', towns, { TOWNS_VERSION: '2' }), first.cursors.at(-1));

    expect(same.listing).toBeUndefined();
    expect(next.listing).toStrictEqual({ kind: 'listing', complete: true });
  });
});

const MATERIALS = join(process.env['TEST_MATERIALS'] ?? '', 'singer');
const hasMaterials = existsSync(join(MATERIALS, 'README.md'));
if (!hasMaterials) console.warn('SKIPPED: TEST_MATERIALS has no "singer" folder.');

/** file, live documents, dead letters, states (with the checkpoint at the end of the read) and the last of them. */
const STREAMS: readonly (readonly [string, number, number, number, string | null])[] = [
  ['array_data', 4, 0, 1, '{"test_array_data":4}'],
  ['camelcase', 2, 0, 0, null],
  ['camelcase_complex_schema', 0, 0, 0, null],
  ['duplicate_records', 2, 0, 1, '{"test_duplicate_records":2}'],
  [
    'encoded_string_data',
    28,
    0,
    1,
    '{"test_strings":11,"test_strings_in_objects":11,"test_strings_in_arrays":6}',
  ],
  ['invalid_schema', 0, 0, 0, null],
  [
    'multiple_state_messages',
    12,
    0,
    5,
    '{"test_multiple_state_messages_a":5,"test_multiple_state_messages_b":6}',
  ],
  ['no_primary_keys', 3, 0, 1, '{"test_no_pk":3}'],
  ['no_primary_keys_append', 5, 0, 1, '{"test_no_pk":5}'],
  ['optional_attributes', 4, 0, 1, '{"test_optional_attributes":4}'],
  ['pk_updates', 2, 0, 0, null],
  ['record_before_schema', 1, 1, 0, null],
  ['record_missing_fields', 2, 0, 1, '{}'],
  ['record_missing_key_property', 0, 1, 0, null],
  ['record_missing_required_property', 1, 0, 0, null],
  ['schema_no_properties', 4, 0, 0, null],
  ['schema_updates', 6, 0, 1, '{"test_schema_updates":6}'],
  ['special_chars_in_attributes', 1, 0, 0, null],
  ['user_location_data', 11, 0, 1, '{"test_users":5,"test_locations":3,"test_user_in_location":3}'],
  [
    'user_location_upsert_data',
    14,
    0,
    1,
    '{"test_users":13,"test_locations":8,"test_user_in_location":14}',
  ],
];

describe.skipIf(!hasMaterials)('the Singer streams of the materials', () => {
  const file = (name: string) =>
    read({ command: ['cat', join(MATERIALS, `${name}.singer`)], dialect: 'singer' });

  test.each(STREAMS)(
    '%s: %i live documents, %i dead letters, %i states',
    async (name, live, dead, states, last) => {
      const outcome = await file(name);

      expect(outcome.error).toBeUndefined();
      expect(new Set(outcome.ids).size).toBe(live);
      expect(outcome.dead).toHaveLength(dead);
      expect(outcome.cursors).toHaveLength(states + 1);
      expect(outcome.cursors.at(-1)).toStrictEqual(
        last === null ? null : { state: last, versions: {} },
      );
    },
  );

  test('duplicates: the last value of each key comes last', async () => {
    const { documents } = await file('duplicate_records');

    expect(textOf(documents, '["test_duplicate_records",1]')).toContain('**metric:** 100');
    expect(textOf(documents, '["test_duplicate_records",2]')).toContain('**metric:** 20');
  });

  test('texts in any script, control characters and escaped escapes stay what they are', async () => {
    const { documents } = await file('encoded_string_data');
    const text = (id: number): string => textOf(documents, `["test_strings",${id}]`);

    expect(text(2)).toContain('απλή συμβολοσειρά');
    expect(text(3)).toContain('简单的字串');
    expect(text(7)).toContain('**info:** m');
    expect(text(10)).toContain('Double quoting: \\u0000 \\u0041 \\u0001');
    expect(text(11)).toContain('Control Characters in string: \\u0000 A \\u0001');
    expect(JSON.stringify(documents)).not.toContain('\\u0000"');
  });

  test('names with special characters make an id that is JSON, and nested fields are kept', async () => {
    const { documents } = await file('special_chars_in_attributes');

    expect(documents[0]?.id).toBe('["test:SpecialChars!in?attributes","a2e98886"]');
    expect(textOf(documents, documents[0]?.id ?? '')).toContain('"agent:os:version":"10.13.1"');
  });

  test('records without keys: run after each other none is lost, run again none is doubled', async () => {
    const first = await file('no_primary_keys');
    const more = await file('no_primary_keys_append');
    const again = await file('no_primary_keys_append');

    expect(new Set([...first.ids, ...more.ids]).size).toBe(8);
    expect(again.ids).toStrictEqual(more.ids);
  });

  test('updates and inserts: 18 live documents in the end', async () => {
    const ids = [
      ...(await file('user_location_data')).ids,
      ...(await file('user_location_upsert_data')).ids,
    ];

    expect(new Set(ids).size).toBe(18);
  });

  test('a schema without properties is reported, and the read goes on', async () => {
    const { env: using } = await file('invalid_schema');

    expect(JSON.stringify(using.records)).toContain('test_invalid_schema');
  });
});
