import { describe, expect, test } from 'vitest';
import { narrowings } from '../../../../activities/sources/conformance/compatible.ts';
import { directionOf } from '../../../../activities/sources/conformance/cursor-direction.ts';
import { schemaFaults } from '../../../../activities/sources/conformance/json-schema.ts';
import {
  looksSecret,
  misplacedSecrets,
  unmarkedSecrets,
} from '../../../../activities/sources/conformance/secret-names.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const object = (properties: object, rest: object = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...rest,
});
const text = { type: 'string' };
const marked = { type: 'string', 'x-secret': true };

describe('JSON Schema 2020-12', () => {
  test('a good schema has no faults', () => {
    const inner = { anyOf: [text, { $ref: '#/$defs/one' }], 'x-secret': true };
    const schema = {
      $schema: DIALECT,
      ...object({ a: inner }),
      $defs: { one: { type: ['integer', 'null'], minimum: 0 } },
    };

    expect(schemaFaults(schema)).toStrictEqual([]);
  });

  test.each([
    ['an older draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, /"\$schema"/u],
    ['a type that is none', { $schema: DIALECT, type: 'text' }, /"type" at "#"/u],
    ['a list of items', { $schema: DIALECT, items: [text] }, /"items"/u],
    ['definitions', { $schema: DIALECT, definitions: {} }, /"definitions"/u],
    ['a boolean bound', { $schema: DIALECT, exclusiveMinimum: true }, /"exclusiveMinimum"/u],
    ['a broken pattern', { $schema: DIALECT, pattern: '(' }, /"pattern"/u],
    ['a reference to nowhere', { $schema: DIALECT, $ref: '#/$defs/none' }, /"#\/\$defs\/none"/u],
    [
      'a fault deep inside',
      { $schema: DIALECT, ...object({ a: { anyOf: [{ required: 'b' }] } }) },
      /"required" at "#\/properties\/a\/anyOf\/0"/u,
    ],
  ])('%s is named', (_what, schema, sentence) => {
    expect(schemaFaults(schema).join(' ')).toMatch(sentence);
  });
});

describe('secrets', () => {
  test.each([
    'password',
    'api_key',
    'apiKey',
    'accessToken',
    'token',
    'clientSecret',
    'AUTHORIZATION',
    'MY_TOKEN',
  ])('"%s" looks like one', (name) => expect(looksSecret(name)).toBe(true));

  test.each(['primaryKey', 'keyScan', 'maxTokens', 'passEnv', 'compass', 'title'])(
    '"%s" does not',
    (name) => expect(looksSecret(name)).toBe(false),
  );

  test.each([
    ['a password', object({ password: text })],
    ['a format', object({ word: { type: 'string', format: 'password' } })],
    ['alternatives', object({ token: { anyOf: [text, { type: 'null' }] } })],
    ['the values of headers', object({ headers: { type: 'object', additionalProperties: text } })],
    ['a field deep inside', object({ login: object({ password: text }) })],
  ])('%s without a mark is a fault', (_what, schema) => {
    expect(unmarkedSecrets(schema)).toHaveLength(1);
  });

  test.each([
    ['a mark', object({ password: marked })],
    ['marks on all alternatives', object({ token: { anyOf: [marked, { type: 'null' }] } })],
    ['marked values', object({ env: { type: 'object', additionalProperties: marked } })],
    ['a number of tokens', object({ tokens: { type: 'integer' } })],
    [
      'a kind of credentials',
      object({ credentials: { type: 'string', enum: ['default', 'role'] } }),
    ],
  ])('%s is none', (_what, schema) => {
    expect(unmarkedSecrets(schema)).toStrictEqual([]);
  });

  test('a secret value in a field without a mark is named by its place alone', () => {
    const schema = object({
      url: marked,
      command: { type: 'array', items: text },
      env: { type: 'object', additionalProperties: marked },
    });
    const config = { url: 'x://tok-1@host', command: ['run', '--key=tok-1'], env: { A: 'tok-1' } };

    expect(misplacedSecrets(schema, config, ['tok-1'])).toStrictEqual([
      'A secret stands in "command.1", which is not marked.',
    ]);
  });
});

describe('compatibility', () => {
  const before = object(
    { a: text, b: { type: 'string', enum: ['x', 'y'] }, n: { type: 'integer', minimum: 1 } },
    { required: ['a'] },
  );
  const changed = (properties: object, required = ['a']) =>
    object({ ...before.properties, ...properties }, { required });

  test.each([
    ['the same', before],
    ['a new field that may be left out', changed({ c: text })],
    ['a new value', changed({ b: { type: 'string', enum: ['x', 'y', 'z'] } })],
    ['a wider bound', changed({ n: { type: 'integer', minimum: 0 } })],
    ['a wider type', changed({ n: { type: 'number', minimum: 1 } })],
    ['a field that may be left out now', changed({}, [])],
  ])('%s takes every old config', (_what, after) => {
    expect(narrowings(before, after)).toStrictEqual([]);
  });

  test.each([
    ['a new required field', changed({ c: text }, ['a', 'c']), /"config\.c" is required now/u],
    ['a lost field', object({ a: text }, { required: ['a'] }), /"config\.b" is no longer known/u],
    [
      'a lost value',
      changed({ b: { type: 'string', enum: ['x'] } }),
      /"config\.b" no longer takes "y"/u,
    ],
    [
      'another type',
      changed({ a: { type: 'integer' } }),
      /"config\.a" may no longer be of the type "string"/u,
    ],
    [
      'a tighter bound',
      changed({ n: { type: 'integer', minimum: 2 } }),
      /"minimum" of "config\.n" is tighter: 1 became 2/u,
    ],
    ['a new pattern', changed({ a: { type: 'string', pattern: '^x' } }), /"pattern"/u],
  ])('%s is found', (_what, after, sentence) => {
    expect(narrowings(before, after).join(' ')).toMatch(sentence);
  });

  test('an alternative that is gone is found, one more is not', () => {
    const one = { anyOf: [text, { type: 'integer' }] };

    expect(narrowings(one, { anyOf: [text] })).toHaveLength(1);
    expect(narrowings(one, { anyOf: [text, { type: 'integer' }, { type: 'null' }] })).toStrictEqual(
      [],
    );
  });
});

test.each([
  ['a number grows', { at: 1 }, { at: 2 }, 'up'],
  ['a time grows', { at: '2026-01-01T00:00:00Z' }, { at: '2026-01-02T00:00:00Z' }, 'up'],
  ['a number falls', 5, 4, 'down'],
  ['a later time with a smaller key', { at: 1, key: 9 }, { at: 2, key: 1 }, undefined],
  ['another token', 'abc', 'abd', undefined],
  ['another shape', { a: 1 }, { b: 1 }, undefined],
  ['nothing', { a: 1 }, { a: 1 }, undefined],
])('the direction of a cursor: %s', (_what, before, after, direction) => {
  expect(directionOf(before, after)).toBe(direction);
});
