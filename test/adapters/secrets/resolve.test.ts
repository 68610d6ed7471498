import { expect, test } from 'vitest';
import { z } from 'zod';
import { secret } from '../../../activities/sources/define-source.ts';
import { redactor } from '../../../adapters/secrets/redact.ts';
import { resolveSecrets } from '../../../adapters/secrets/resolve.ts';
import { failure } from '../../../workflows/failures.ts';

const schema = z.toJSONSchema(
  z.strictObject({
    url: z.exactOptional(secret(z.string())),
    table: z.exactOptional(z.string()),
    headers: z.exactOptional(secret(z.record(z.string(), z.string()))),
    auth: z.exactOptional(
      z.union([z.string(), z.strictObject({ token: secret(z.string()).default('') })]),
    ),
    servers: z.exactOptional(z.array(z.strictObject({ key: secret(z.string()) }))),
  }),
  { io: 'input' },
);

const VARIABLES = new Map([
  ['URL', 'postgres://ana:p%40ss%24word@host/db'],
  ['TOKEN', 'canary-token'],
  ['EMPTY', ''],
]);
const variable = (name: string): string | undefined => VARIABLES.get(name);

test('references become values in secret fields only, however deep they lie', async () => {
  const config = {
    url: '${env:URL}',
    table: '${env:TOKEN}',
    headers: { Authorization: 'Bearer ${env:TOKEN}' },
    auth: { token: 'secretsmanager:wiki' },
    servers: [{ key: '${env:TOKEN}' }, { key: 'secretsmanager:wiki' }],
  };
  const asked: string[] = [];

  const resolved = await resolveSecrets(config, schema, {
    variable,
    secretsManager: (name) => {
      asked.push(name);
      return Promise.resolve('from-store');
    },
  });

  expect(resolved.config).toEqual({
    url: 'postgres://ana:p%40ss%24word@host/db',
    table: '${env:TOKEN}',
    headers: { Authorization: 'Bearer canary-token' },
    auth: { token: 'from-store' },
    servers: [{ key: 'canary-token' }, { key: 'from-store' }],
  });
  expect(asked).toEqual(['wiki']);
});

test('the values are handed out for the redactor, the password of a URL by itself too', async () => {
  const { values } = await resolveSecrets(
    { url: '${env:URL}', headers: { a: 'Bearer ${env:TOKEN}' }, servers: [{ key: 'literal-key' }] },
    schema,
    { variable },
  );

  expect(values).toEqual(
    expect.arrayContaining(['p%40ss%24word', 'canary-token', 'Bearer canary-token', 'literal-key']),
  );
});

test('a URL without password and a path are not secrets', async () => {
  const { config, values } = await resolveSecrets(
    { url: 'https://example.com/feed', servers: [{ key: './a.sqlite' }] },
    schema,
    { variable },
  );

  expect(config).toEqual({ url: 'https://example.com/feed', servers: [{ key: './a.sqlite' }] });
  expect(values).toEqual([]);
});

test.each([
  [
    '${env:GONE}',
    'InvalidConfig',
    'The secret "${env:GONE}" of "config.url" is not set on this worker. Set the variable GONE where workers run, then run the source again.',
  ],
  [
    '${env:EMPTY}',
    'AuthExpired',
    'The secret "${env:EMPTY}" of "config.url" is empty. Renew that secret; the next run reads it again.',
  ],
  [
    '${env:A-B}',
    'InvalidConfig',
    'The secret "${env:A-B}" of "config.url" names no variable. Write it as "${env:NAME}", with letters, digits and underscores.',
  ],
  [
    'secretsmanager:wiki',
    'InvalidConfig',
    'The secret "secretsmanager:wiki" of "config.url" needs AWS Secrets Manager, which this worker does not use. Give the worker AWS credentials, or write the secret as "${env:NAME}".',
  ],
])('%s fails as %s', async (url, type, message) => {
  await expect(resolveSecrets({ url }, schema, { variable })).rejects.toMatchObject({
    type,
    message,
  });
});

test('a failure of the store comes through, and an empty secret is AuthExpired', async () => {
  const gone = failure('NotFound', 'Secret "wiki" does not exist.');
  const config = { url: 'secretsmanager:wiki' };

  await expect(
    resolveSecrets(config, schema, { variable, secretsManager: () => Promise.reject(gone) }),
  ).rejects.toBe(gone);
  await expect(
    resolveSecrets(config, schema, { variable, secretsManager: () => Promise.resolve('') }),
  ).rejects.toMatchObject({ type: 'AuthExpired' });
});

test('the redactor removes every form of a value, the longest first', () => {
  const redact = redactor(['postgres://ana:p%40ss%24word@host/db', 'p%40ss%24word', 'a.b*c"d']);

  expect(redact('to postgres://ana:p%40ss%24word@host/db: no')).toBe('to [secret]: no');
  expect(redact('password p@ss$word refused')).toBe('password [secret] refused');
  expect(redact(`basic ${Buffer.from('p%40ss%24word').toString('base64')}`)).toBe('basic [secret]');
  expect(redact(JSON.stringify({ key: 'a.b*c"d' }))).toBe('{"key":"[secret]"}');
  expect(redact('aXbbc"d')).toBe('aXbbc"d');
});

test('the redactor leaves texts alone without values, and for values that are too short', () => {
  expect(redactor([])('abc')).toBe('abc');
  expect(redactor(['a', 'abc'])('abc')).toBe('abc');
});
