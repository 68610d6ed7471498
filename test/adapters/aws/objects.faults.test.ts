import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAwsClients, type AwsClients } from '../../../adapters/aws/clients.ts';
import { createObjects, type Objects } from '../../../adapters/aws/objects.ts';
import type { FaultRule } from '../../../local/s3/faults.ts';
import { runServer, TEST_CREDENTIALS, type RunningServer } from '../../local/s3/running-server.ts';

const bucket = 'docs';
const contentType = 'text/plain';
const signal = AbortSignal.timeout(60_000);
const body = Buffer.from('content');
let faults: FaultRule[];
let running: RunningServer;
let clients: AwsClients;
let objects: Objects;

beforeEach(async () => {
  faults = [];
  running = await runServer({ faults, durability: 'none' });
  clients = createAwsClients({
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    endpoints: { s3: running.server.url },
  });
  objects = createObjects(clients.s3);
});
afterEach(async () => {
  clients.close();
  await running.close();
});

test('a create whose answer was lost is a success at the repeat, and is stored once', async () => {
  faults.push({ kind: 'lost-answer', operation: 'PutObject', times: 1 });

  const { etag } = await objects.put({
    bucket,
    key: 'a',
    body,
    contentType,
    expected: 'absent',
    signal,
  });

  expect(await objects.head({ bucket, key: 'a', signal })).toMatchObject({ etag });
  expect(running.server.requests.all().map(({ operation, status }) => [operation, status])).toEqual(
    [
      ['PutObject', undefined],
      ['PutObject', 412],
      ['HeadObject', 200],
      ['HeadObject', 200],
    ],
  );
});

test('a replacement whose answer was lost is a success at the repeat', async () => {
  const first = await objects.put({ bucket, key: 'a', body, contentType, signal });
  faults.push({ kind: 'lost-answer', operation: 'PutObject', times: 1 });

  const next = Buffer.from('next');
  const { etag } = await objects.put({
    bucket,
    key: 'a',
    body: next,
    contentType,
    expected: first,
    signal,
  });

  expect(etag).not.toBe(first.etag);
  expect(await objects.getText({ bucket, key: 'a', signal })).toBe('next');
});

test('a file in parts whose last answer was lost is a success', async () => {
  const path = join(running.directory, 'file');
  await writeFile(path, Buffer.alloc(9 * 1024 * 1024, 3));
  faults.push({ kind: 'lost-answer', operation: 'CompleteMultipartUpload', times: 1 });

  await objects.putFile({ bucket, key: 'f', path, contentType, expected: 'absent', signal });

  expect(await objects.head({ bucket, key: 'f', signal })).toMatchObject({
    sizeBytes: 9 * 1024 * 1024,
  });
});

test('a removal whose answer was lost is a success', async () => {
  const { etag } = await objects.put({ bucket, key: 'a', body, contentType, signal });
  faults.push({ kind: 'lost-answer', operation: 'DeleteObject', times: 1 });

  await objects.remove({ bucket, key: 'a', expected: { etag }, signal });

  expect(await objects.head({ bucket, key: 'a', signal })).toBeUndefined();
});

test('a file whose part fails for good leaves no parts behind', async () => {
  const path = join(running.directory, 'file');
  await writeFile(path, Buffer.alloc(17 * 1024 * 1024, 3));
  faults.push({ kind: 'access-denied', operation: 'UploadPart' });

  const upload = objects.putFile({ bucket, key: 'f', path, contentType, signal });

  await expect(upload).rejects.toMatchObject({ type: 'AccessDenied' });
  const left = await clients.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  expect(left.Uploads).toBeUndefined();
});

test.each([
  ['throttle', 'Throttled'],
  ['error500', 'Unavailable'],
  ['reset', 'Unavailable'],
  ['access-denied', 'AccessDenied'],
] as const)('%s is the failure %s', async (kind, type) => {
  faults.push({ kind, operation: '*' });

  await expect(objects.put({ bucket, key: 'a', body, contentType, signal })).rejects.toMatchObject({
    type,
  });
  await expect(objects.remove({ bucket, key: 'a', signal })).rejects.toMatchObject({ type });
});

test('a body that breaks off is Unavailable, never a shorter document', async () => {
  await objects.put({ bucket, key: 'a', body, contentType, signal });
  faults.push({ kind: 'reset-mid-body', operation: 'GetObject' });

  await expect(objects.get({ bucket, key: 'a', signal })).rejects.toMatchObject({
    type: 'Unavailable',
  });
});

test('a refusal names the action to grant and keeps the request id', async () => {
  faults.push({ kind: 'access-denied', operation: 'PutObject' });

  const put = objects.put({ bucket, key: 'a.md', body, contentType, signal });

  await expect(put).rejects.toMatchObject({
    message: expect.stringContaining(
      'The worker may not call s3:PutObject on "s3://docs/a.md". Add that action to its role.',
    ) as string,
    details: [
      {
        awsError: 'AccessDenied',
        status: 403,
        requestId: expect.stringMatching(/^[0-9A-F]{16}$/) as string,
      },
    ],
  });
});

test('a call in flight ends with the reason of its signal', async () => {
  faults.push({ kind: 'slow', operation: 'PutObject', delayMs: 500 });
  const reason = new Error('the run was cancelled');
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(reason), 50);

  const put = objects.put({ bucket, key: 'a', body, contentType, signal: cancel.signal });

  await expect(put).rejects.toBe(reason);
});

test('a bucket of another owner is refused at every call', async () => {
  const strict = createObjects(clients.s3, { expectedBucketOwner: '111111111111' });

  await expect(strict.checkBucket(bucket, signal)).rejects.toMatchObject({ type: 'AccessDenied' });
  await expect(strict.put({ bucket, key: 'a', body, contentType, signal })).rejects.toMatchObject({
    type: 'AccessDenied',
  });
});

test('objects that could not be removed are named with their reason', async () => {
  await objects.put({ bucket, key: 'a', body, contentType, signal });

  const errors = await objects.removeMany({ bucket, keys: ['a', ''], signal });

  expect(errors).toMatchObject([{ key: '', failure: 'InvalidConfig' }]);
  expect(await objects.head({ bucket, key: 'a', signal })).toBeUndefined();
});

test('F11 what a dead process left half-uploaded is given up by the next upload of that key, and of no other', async () => {
  const large = Buffer.alloc(9 * 1024 * 1024, 'x');
  const path = join(running.directory, 'large');
  await writeFile(path, large);
  const half = async (key: string): Promise<string | undefined> => {
    const begin = new CreateMultipartUploadCommand({ Bucket: bucket, Key: key });
    const { UploadId } = await clients.s3.send(begin);
    const part = { Bucket: bucket, Key: key, UploadId, PartNumber: 1, Body: large };
    await clients.s3.send(new UploadPartCommand(part));
    return UploadId;
  };
  await half('f');
  const other = await half('f2');

  await objects.putFile({ bucket, key: 'f', path, contentType, expected: 'absent', signal });

  const { Uploads } = await clients.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  expect(Uploads?.map(({ UploadId }) => UploadId)).toEqual([other]);
  expect(await objects.head({ bucket, key: 'f', signal })).toMatchObject({
    sizeBytes: large.length,
  });
});
