import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAwsClients, type AwsClients } from '../../../adapters/aws/clients.ts';
import { runServer, TEST_CREDENTIALS, type RunningServer } from '../../local/s3/running-server.ts';

const list = new ListObjectsV2Command({ Bucket: 'docs' });

let folder: string;
let sessions: Map<string, 'valid' | 'expired'>;
let running: RunningServer;
let clients: AwsClients;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  sessions = new Map([['first', 'valid']]);
  running = await runServer({ sessions });
  vi.stubEnv('AWS_ACCESS_KEY_ID', '');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', '');
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  await writeCredentials('first');
  clients = createAwsClients({ region: 'us-east-1', endpoints: { s3: running.server.url } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  clients.close();
  await running.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeCredentials(token: string): Promise<void> {
  const { accessKeyId, secretAccessKey } = TEST_CREDENTIALS;
  await writeFile(
    join(folder, 'credentials'),
    `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\naws_session_token = ${token}\n`,
  );
}

async function rotate(): Promise<void> {
  sessions.set('first', 'expired').set('second', 'valid');
  await writeCredentials('second');
}

function expired(): number {
  return running.server.requests.all().filter(({ status }) => status === 400).length;
}

test('credentials that expired are read again, and the request is sent once more (F8)', async () => {
  await clients.s3.send(list);
  await rotate();
  await clients.s3.send(new PutObjectCommand({ Bucket: 'docs', Key: 'a', Body: Buffer.from('a') }));
  const { Contents } = await clients.s3.send(list);

  expect(Contents?.map(({ Key }) => Key)).toEqual(['a']);
  expect(expired()).toBe(1);
});

test('many requests that expire together all go on', async () => {
  await clients.s3.send(list);
  await rotate();

  await Promise.all(Array.from({ length: 20 }, () => clients.s3.send(list)));

  expect(running.server.requests.all().filter(({ status }) => status === 200)).toHaveLength(21);
});

test('credentials that nobody renewed are not tried again (F8)', async () => {
  sessions.set('first', 'expired');

  await expect(clients.s3.send(list)).rejects.toMatchObject({ name: 'ExpiredToken' });

  expect(expired()).toBe(1);
});

test('fixed credentials that expired are not tried again', async () => {
  sessions.set('first', 'expired');
  using fixed = createAwsClientsWith({ ...TEST_CREDENTIALS, sessionToken: 'first' });

  await expect(fixed.s3.send(list)).rejects.toMatchObject({ name: 'ExpiredToken' });

  expect(expired()).toBe(1);
});

test('a token that was renewed and is refused as well ends the call', async () => {
  await clients.s3.send(list);
  await rotate();
  sessions.set('second', 'expired');

  await expect(clients.s3.send(list)).rejects.toMatchObject({ name: 'ExpiredToken' });

  expect(expired()).toBe(2);
});

test('a HEAD that is refused without a word is sent once more, too', async () => {
  await clients.s3.send(new PutObjectCommand({ Bucket: 'docs', Key: 'a', Body: Buffer.from('a') }));
  await rotate();

  const { ContentLength } = await clients.s3.send(
    new HeadObjectCommand({ Bucket: 'docs', Key: 'a' }),
  );

  expect(ContentLength).toBe(1);
});

test('other refusals renew nothing', async () => {
  const command = new HeadBucketCommand({ Bucket: 'other' });

  await expect(clients.s3.send(command)).rejects.toThrow(Error);

  expect(running.server.requests.all()).toHaveLength(1);
});

function createAwsClientsWith(
  credentials: typeof TEST_CREDENTIALS & { readonly sessionToken: string },
): AwsClients & Disposable {
  const made = createAwsClients({
    region: 'us-east-1',
    credentials,
    endpoints: { s3: running.server.url },
  });
  return Object.assign(made, { [Symbol.dispose]: () => made.close() });
}
