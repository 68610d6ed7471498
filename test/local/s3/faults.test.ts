import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FaultRule } from '../../../local/s3/faults.ts';
import { awsError } from '../../contracts/aws-error.ts';
import { runServer, type RunningServer } from './running-server.ts';

const Bucket = 'docs';
let faults: FaultRule[];
let running: RunningServer;
beforeEach(async () => {
  faults = [];
  running = await runServer({ faults, faultSeed: 7, durability: 'none' });
});
afterEach(() => running.close());

function put(Key: string) {
  return running.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'content' }));
}

async function text(Key: string): Promise<string | undefined> {
  const answer = await running.s3.send(new GetObjectCommand({ Bucket, Key }));
  return answer.Body?.transformToString();
}

test.each([
  ['throttle', { name: 'SlowDown', status: 503 }],
  ['error500', { name: 'InternalError', status: 500 }],
  ['access-denied', { name: 'AccessDenied', status: 403 }],
] as const)('%s answers that error once and stores nothing', async (kind, expected) => {
  faults.push({ kind, operation: 'PutObject', keyMatches: /^a/, times: 1 });

  expect(await awsError(put('a'))).toMatchObject(expected);
  expect(await awsError(text('a'))).toMatchObject({ name: 'NoSuchKey' });
  await put('a');
  expect(await text('a')).toBe('content');
});

test('a rule concerns only its operation and its keys', async () => {
  faults.push({ kind: 'throttle', operation: 'PutObject', keyMatches: /^bad\// });

  await put('good');

  expect(await text('good')).toBe('content');
  expect(await awsError(put('bad/1'))).toMatchObject({ name: 'SlowDown' });
});

test('a rule that is taken out of the list is over', async () => {
  faults.push({ kind: 'throttle', operation: '*' });
  expect(await awsError(put('a'))).toMatchObject({ name: 'SlowDown' });

  faults.length = 0;

  await put('a');
  expect(await text('a')).toBe('content');
});

test('reset cuts the connection before anything is stored', async () => {
  faults.push({ kind: 'reset', operation: 'PutObject' });

  expect(await awsError(put('a'))).toMatchObject({ status: undefined });
  expect(await awsError(text('a'))).toMatchObject({ name: 'NoSuchKey' });
});

test('a lost answer means that the object is stored', async () => {
  faults.push({ kind: 'lost-answer', operation: 'PutObject' });

  expect(await awsError(put('a'))).toMatchObject({ status: undefined });
  expect(await text('a')).toBe('content');
  expect(running.server.requests.all()[0]).toEqual({
    method: 'PUT',
    operation: 'PutObject',
    bucket: 'docs',
    key: 'a',
    fault: 'lost-answer',
  });
});

test('a body may break off in its middle', async () => {
  await put('a');
  faults.push({ kind: 'reset-mid-body', operation: 'GetObject', times: 1 });

  await expect(text('a')).rejects.toThrow('aborted');
  expect(await text('a')).toBe('content');
});

test('slow answers late, and rightly', async () => {
  faults.push({ kind: 'slow', operation: 'PutObject', delayMs: 200 });
  const begun = performance.now();

  await put('a');

  expect(performance.now() - begun).toBeGreaterThanOrEqual(199);
  expect(await text('a')).toBe('content');
});

test('accidents with a probability are the same for the same seed', async () => {
  const rule: FaultRule = { kind: 'throttle', operation: 'PutObject', probability: 0.5 };
  faults.push(rule);
  const again = await runServer({ faults: [rule], faultSeed: 7, durability: 'none' });

  const outcomes = async ({ s3 }: RunningServer): Promise<string> => {
    let seen = '';
    for (let index = 0; index < 20; index += 1) {
      const command = new PutObjectCommand({ Bucket, Key: `k${index}`, Body: 'x' });
      seen += await s3.send(command).then(
        () => '.',
        () => 'x',
      );
    }
    return seen;
  };
  const first = await outcomes(running);
  const second = await outcomes(again);
  await again.close();

  expect(first).toBe(second);
  expect(first).toMatch(/\..*x|x.*\./);
});
