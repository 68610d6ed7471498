import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { awsFailure, callAws } from '../../../adapters/aws/errors.ts';

const context = { operation: 'bedrock:StartIngestionJob', resource: 'knowledge base "KB12"' };

function sdkError(name: string, status?: number, more: object = {}): Error {
  const metadata =
    status === undefined ? {} : { $metadata: { httpStatusCode: status, requestId: 'r-1' } };
  return Object.assign(new Error('the message'), { name }, metadata, more);
}

test.each([
  ['ThrottlingException', 429, 'Throttled'],
  ['ThrottledException', 429, 'Throttled'],
  ['TooManyRequestsException', 429, 'Throttled'],
  ['SlowDown', 503, 'Throttled'],
  ['LimitExceededException', 400, 'Throttled'],
  ['SomethingNew', 429, 'Throttled'],
  ['InternalServerException', 500, 'Unavailable'],
  ['InternalError', 500, 'Unavailable'],
  ['ServiceUnavailable', 503, 'Unavailable'],
  ['BadGatewayException', 502, 'Unavailable'],
  ['DependencyFailedException', 424, 'Unavailable'],
  ['ModelNotReadyException', 424, 'Unavailable'],
  ['ModelTimeoutException', 408, 'AgentTimeout'],
  ['ModelErrorException', 424, 'Unavailable'],
  ['RequestTimeout', 400, 'Unavailable'],
  ['ExpiredToken', 400, 'AccessDenied'],
  ['ExpiredTokenException', 403, 'AccessDenied'],
  ['Unknown', 400, 'AccessDenied'],
  ['BadDigest', 400, 'Unavailable'],
  ['TimeoutError', undefined, 'Unavailable'],
  ['SyntaxError', 200, 'Unavailable'],
  ['ServiceQuotaExceededException', 402, 'QuotaExceeded'],
  ['ServiceQuotaExceededException', 400, 'QuotaExceeded'],
  ['ResourceLimitExceededException', 400, 'QuotaExceeded'],
  ['AccessDeniedException', 403, 'AccessDenied'],
  ['UnauthorizedException', 401, 'AccessDenied'],
  ['KMS.DisabledException', 400, 'AccessDenied'],
  ['CredentialsProviderError', undefined, 'AccessDenied'],
  ['SignatureDoesNotMatch', 403, 'AccessDenied'],
  ['ResourceNotFoundException', 404, 'NotFound'],
  ['ResourceNotFoundException', 400, 'NotFound'],
  ['NoSuchBucket', 404, 'NotFound'],
  ['NotFound', 404, 'NotFound'],
  ['ConflictException', 409, 'Conflict'],
  ['ConcurrentModificationException', 409, 'Conflict'],
  ['PreconditionFailed', 412, 'Conflict'],
  ['ValidationException', 400, 'InvalidConfig'],
  ['PermanentRedirect', 301, 'InvalidConfig'],
  ['NotImplemented', 501, 'InvalidConfig'],
  ['KeyTooLongError', 400, 'InvalidDocument'],
  ['MetadataTooLarge', 400, 'InvalidDocument'],
  ['TypeError', undefined, 'Defect'],
])('%s with status %s is %s', (name, status, type) => {
  expect(awsFailure(sdkError(name, status), context)).toMatchObject({ type });
});

test.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'])(
  'a connection that fails with %s is Unavailable',
  (code) => {
    expect(awsFailure(sdkError('Error', undefined, { code }), context).type).toBe('Unavailable');
  },
);

test('too many direct changes at once are a limit in disguise', () => {
  const message =
    'Too many concurrent IngestKnowledgeBaseDocuments and DeleteKnowledgeBaseDocuments requests';
  const error = Object.assign(sdkError('ValidationException', 400), { message });

  expect(awsFailure(error, context).type).toBe('Throttled');
});

test('a refusal says which action to grant', () => {
  const { message, nonRetryable } = awsFailure(sdkError('AccessDeniedException', 403), context);

  expect(message).toContain(
    'The worker may not call bedrock:StartIngestionJob on knowledge base "KB12". Add that action to its role.',
  );
  expect(nonRetryable).toBe(true);
});

test('an operation whose IAM action has another name is translated', () => {
  const listing = { operation: 's3:ListObjectsV2', resource: 'bucket "docs"' };

  expect(awsFailure(sdkError('AccessDenied', 403), listing).message).toContain(
    's3:ListBucket on bucket "docs"',
  );
});

test('request id, status, cause and the wish to wait are kept', () => {
  const error = sdkError('ThrottlingException', 429, {
    $response: { headers: { 'retry-after': '7' } },
  });

  expect(awsFailure(error, context)).toMatchObject({
    cause: error,
    details: [
      {
        awsError: 'ThrottlingException',
        operation: 'bedrock:StartIngestionJob',
        requestId: 'r-1',
        status: 429,
      },
    ],
    nextRetryDelay: 7000,
  });
});

test('what is thrown need not be an error', () => {
  expect(awsFailure('odd', context)).toMatchObject({ type: 'Defect' });
});

test('a failure of ours passes as it is', async () => {
  const ours = ApplicationFailure.create({ type: 'Conflict', message: 'ours' });

  await expect(
    callAws(context, AbortSignal.timeout(1000), () => Promise.reject(ours)),
  ).rejects.toBe(ours);
});
