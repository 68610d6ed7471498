import { ServiceError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { FAILURES, failure, isFailureName, type FailureName } from '../../workflows/failures.ts';
import { nameFailure } from '../../workers/name-failure.ts';

const FIRST = { activity: 'collectDocuments', attempt: 1, cancelled: false };

function named(error: unknown, attempt: Partial<typeof FIRST> = {}): ApplicationFailure {
  const made = nameFailure(error, { ...FIRST, ...attempt });
  expect(made).toBeInstanceOf(ApplicationFailure);
  return made as ApplicationFailure;
}

describe('R9 nothing else is thrown', () => {
  test.each([
    ['a programming error', new TypeError('x is not a function'), 'Defect'],
    ['a text', 'broken', 'Defect'],
    ['nothing', undefined, 'Defect'],
    ['null', null, 'Defect'],
    ['an object', { code: 7 }, 'Defect'],
    [
      'an abort that nobody asked for',
      Object.assign(new Error('x'), { name: 'AbortError' }),
      'Defect',
    ],
    [
      'a failure of a name that we do not have',
      ApplicationFailure.create({ type: 'Odd' }),
      'Defect',
    ],
    ['a failure without a name', ApplicationFailure.create({ message: 'x' }), 'Defect'],
    ['an error of our database', Object.assign(new Error('x'), { code: '57P01' }), 'Unavailable'],
    ['our database, refusing', Object.assign(new Error('x'), { code: '28P01' }), 'AccessDenied'],
    ['an AWS error that came through', awsError('SlowDown', 503), 'Throttled'],
    ['an AWS refusal that came through', awsError('AccessDenied', 403), 'AccessDenied'],
    ['a Temporal error that came through', grpcError(14), 'Unavailable'],
    ['a wrapped Temporal error', new ServiceError('x', { cause: grpcError(5) }), 'NotFound'],
  ])('%s becomes %3$s', (_, error, name) => {
    expect(named(error).type).toBe(name);
  });

  test.each(Object.keys(FAILURES) as FailureName[])('%s passes as it is', (name) => {
    const ours = failure(name, 'It broke.', { retryAfterMs: 5000, details: { a: 1 } });

    expect(named(ours)).toBe(ours);
  });

  test('whatever is thrown leaves under a name of the table', () => {
    for (const error of [0, '', [], new Error(), Symbol('x').toString(), new Map()])
      expect(isFailureName(named(error).type)).toBe(true);
  });
});

test('what our own infrastructure refuses says so', () => {
  expect(named(awsError('AccessDenied', 403)).details).toMatchObject([{ platform: true }]);
  expect(named(Object.assign(new Error('x'), { code: '28P01' })).details).toEqual([
    { platform: true },
  ]);
});

test('a cancellation stays one; an abort is one only when the activity was cancelled', () => {
  const abort = Object.assign(new Error('aborted'), { name: 'AbortError' });
  const cancelled = new CancelledFailure('stop');

  expect(nameFailure(cancelled, FIRST)).toBe(cancelled);
  expect(nameFailure(abort, { ...FIRST, cancelled: true })).toBe(abort);
});

test('a bug is tried three times, then it is loud; one that names itself as well', () => {
  const bug = new TypeError('x is not a function');
  const own = failure('Defect', 'The state was not written.', { details: { a: 1 } });

  for (const error of [bug, own]) {
    expect(named(error, { attempt: 2 }).nonRetryable).toBe(false);
    expect(named(error, { attempt: 3 })).toMatchObject({ type: 'Defect', nonRetryable: true });
  }
  expect(named(bug)).toMatchObject({
    message: '"collectDocuments" broke: x is not a function',
    cause: bug,
  });
  expect(named(own, { attempt: 3 })).toMatchObject({ message: own.message, details: [{ a: 1 }] });
});

test('a message of a megabyte stays below the size of a payload', () => {
  expect(named(new Error('x'.repeat(1_000_000))).message.length).toBeLessThan(2100);
});

function awsError(name: string, status: number): Error {
  const metadata = { httpStatusCode: status, requestId: 'r-1' };
  return Object.assign(new Error('the message'), { name, $metadata: metadata, $fault: 'client' });
}

function grpcError(code: number): Error {
  return Object.assign(new Error('grpc'), { code, details: 'the details', metadata: {} });
}
