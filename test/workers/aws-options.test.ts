import { expect, test } from 'vitest';
import { createAwsClients } from '../../adapters/aws/clients.ts';
import { awsOptions } from '../../workers/aws-options.ts';
import { readWorkerConfig } from '../../workers/config.ts';

const DATABASE = { WELLSPRING_DATABASE_URL: 'postgres://wellspring@localhost/wellspring' };

test.each([
  ['its own variable', { AWS_ENDPOINT_URL_S3: 'http://s3:7070' }, true],
  ['the variable of all services', { AWS_ENDPOINT_URL: 'https://storage.example.com' }, true],
  ['an address of Amazon', { AWS_ENDPOINT_URL_S3: 'https://s3.eu-west-1.amazonaws.com' }, false],
  ['no variable', {}, false],
  ['an empty variable', { AWS_ENDPOINT_URL_S3: '' }, false],
])('with %s, buckets of S3 are addressed as they must be', async (_, variables, byPath) => {
  const config = readWorkerConfig({ ...DATABASE, ...variables });
  const clients = createAwsClients({ ...awsOptions(config), region: 'eu-west-1' });

  const { forcePathStyle } = clients.s3.config;

  expect(Boolean(forcePathStyle)).toBe(byPath);
  clients.close();
});

test('an S3 address that is none stops the start and is named', () => {
  const env = { ...DATABASE, AWS_ENDPOINT_URL_S3: 's3:7070' };

  expect(() => readWorkerConfig(env)).toThrow(
    '1 setting is wrong. AWS_ENDPOINT_URL_S3 is "s3:7070": expected an http or https address.',
  );
});
