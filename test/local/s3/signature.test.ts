import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeChunked } from '../../../local/s3/chunked.ts';
import { readRequest, type S3Request } from '../../../local/s3/request.ts';
import { verifySignature } from '../../../local/s3/signature.ts';
import { awsError } from '../../contracts/aws-error.ts';
import { presign, signedHeaders } from './sign.ts';
import { runServer, testClient, TEST_CREDENTIALS, type RunningServer } from './running-server.ts';

/** From the S3 API reference, "Authenticating Requests": the published examples. */
const EXAMPLE = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
} as const;
const EXAMPLE_TIME = Date.parse('2013-05-24T00:00:00Z');
const EXAMPLE_CREDENTIAL = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';

let running: RunningServer;
beforeAll(async () => {
  running = await runServer();
});
afterAll(() => running.close());

test('the published example of a signed GET is accepted', () => {
  const request = exampleRequest('GET', '/test.txt', {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': createHash('sha256').digest('hex'),
    'x-amz-date': '20130524T000000Z',
    authorization: `AWS4-HMAC-SHA256 Credential=${EXAMPLE_CREDENTIAL},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`,
  });

  expect(verifySignature(request, EXAMPLE, EXAMPLE_TIME).payload).toHaveLength(64);
});

test('the published example of a presigned URL is accepted until it expires', () => {
  const query = [
    'X-Amz-Algorithm=AWS4-HMAC-SHA256',
    `X-Amz-Credential=${encodeURIComponent(EXAMPLE_CREDENTIAL)}`,
    'X-Amz-Date=20130524T000000Z',
    'X-Amz-Expires=86400',
    'X-Amz-SignedHeaders=host',
    'X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  ];
  const request = exampleRequest('GET', `/test.txt?${query.join('&')}`, {
    host: 'examplebucket.s3.amazonaws.com',
  });

  expect(verifySignature(request, EXAMPLE, EXAMPLE_TIME).payload).toBe('UNSIGNED-PAYLOAD');
  expect(() => verifySignature(request, EXAMPLE, EXAMPLE_TIME + 86_401_000)).toThrow(
    'Request has expired',
  );
});

test('the published example of signed chunks is decoded, and a changed byte is noticed', async () => {
  const body = (content: string): Buffer =>
    Buffer.from(
      [
        '10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
        content.repeat(65_536),
        '400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
        'a'.repeat(1024),
        '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
        '\r\n',
      ].join('\r\n'),
    );
  const request = exampleRequest('PUT', '/examplebucket/chunkObject.txt', {
    'content-encoding': 'aws-chunked',
    'content-length': '66824',
    host: 's3.amazonaws.com',
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-date': '20130524T000000Z',
    'x-amz-decoded-content-length': '66560',
    'x-amz-storage-class': 'REDUCED_REDUNDANCY',
    authorization: `AWS4-HMAC-SHA256 Credential=${EXAMPLE_CREDENTIAL},SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
  });
  const identity = verifySignature(request, EXAMPLE, EXAMPLE_TIME);

  const decoded = Buffer.concat(
    await Array.fromAsync(decodeChunked(inPieces(body('a')), identity, new Map())),
  );

  expect(decoded.toString()).toBe('a'.repeat(66_560));
  await expect(
    Array.fromAsync(decodeChunked(inPieces(body('b')), identity, new Map())),
  ).rejects.toThrow('The request signature we calculated does not match');
});

test('a small chunk before the last is refused', async () => {
  const identity = {
    payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    signature: '',
    amzDate: '',
    scope: '',
    signingKey: Buffer.alloc(32),
  };

  const decoded = Array.fromAsync(
    decodeChunked(inPieces(Buffer.from('1\r\na\r\n1\r\nb\r\n0\r\n\r\n')), identity, new Map()),
  );

  await expect(decoded).rejects.toThrow('Only the last chunk is allowed');
});

test.each([
  ['a wrong secret', { secretAccessKey: 'other' as never }, 'SignatureDoesNotMatch'],
  ['an unknown key', { accessKeyId: 'AKIDOTHER' as never }, 'InvalidAccessKeyId'],
])('%s is refused as %s', async (_, overrides, name) => {
  const client = testClient(running.server.url, overrides);

  const error = await awsError(client.send(new ListBucketsCommand({})));

  expect(error).toMatchObject({ name, status: 403 });
  client.destroy();
});

test('a client whose clock is an hour wrong is refused', async () => {
  const client = new S3Client({
    endpoint: running.server.url,
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
    systemClockOffset: 3_600_000,
  });

  const error = await awsError(client.send(new ListBucketsCommand({})));

  expect(error).toMatchObject({ name: 'RequestTimeTooSkewed', status: 403 });
  client.destroy();
});

test('a session token that nobody issued is refused', async () => {
  const client = new S3Client({
    endpoint: running.server.url,
    region: 'us-east-1',
    credentials: { ...TEST_CREDENTIALS, sessionToken: 'ambient' },
    forcePathStyle: true,
    maxAttempts: 1,
  });

  expect(await awsError(client.send(new ListBucketsCommand({})))).toMatchObject({
    name: 'InvalidToken',
  });
  client.destroy();
});

test('an unsigned request is refused', async () => {
  const answer = await fetch(`${running.server.url}/docs/a`);

  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
});

test('a header that the signature does not cover is refused', async () => {
  const url = `${running.server.url}/docs/unsigned-header`;
  const headers = signedHeaders({
    method: 'PUT',
    url,
    payload: 'UNSIGNED-PAYLOAD',
    at: new Date(),
  });

  const answer = await fetch(url, {
    method: 'PUT',
    headers: { ...headers, 'x-amz-meta-smuggled': 'yes' },
    body: 'x',
  });

  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('<HeadersNotSigned>x-amz-meta-smuggled</HeadersNotSigned>');
});

test('a presigned GET reads one object, and nothing else', async () => {
  await running.s3.send(
    new PutObjectCommand({ Bucket: 'docs', Key: 'shared.txt', Body: 'shared' }),
  );
  const at = new Date();
  const url = presign({
    method: 'GET',
    url: `${running.server.url}/docs/shared.txt`,
    at,
    expiresSeconds: 60,
    query: { 'response-content-type': 'text/plain' },
  });

  const answer = await fetch(url);
  const other = await fetch(url.replace('shared.txt', 'other.txt'));

  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/plain');
  expect(await answer.text()).toBe('shared');
  expect(other.status).toBe(403);
  expect(await other.text()).toContain('SignatureDoesNotMatch');
});

test('a presigned PUT stores an object with the metadata in its URL', async () => {
  const url = presign({
    method: 'PUT',
    url: `${running.server.url}/docs/handed-in.txt`,
    at: new Date(),
    expiresSeconds: 60,
    query: { 'x-amz-meta-from': 'outside' },
  });

  const answer = await fetch(url, { method: 'PUT', body: 'handed in' });

  expect(answer.status).toBe(200);
  const stored = await running.s3.send(
    new GetObjectCommand({ Bucket: 'docs', Key: 'handed-in.txt' }),
  );
  expect(await stored.Body?.transformToString()).toBe('handed in');
  expect(stored.Metadata).toEqual({ from: 'outside' });
});

test('a presigned URL that has expired is refused', async () => {
  const url = presign({
    method: 'GET',
    url: `${running.server.url}/docs/shared.txt`,
    at: new Date(Date.now() - 120_000),
    expiresSeconds: 60,
  });

  const answer = await fetch(url);

  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('Request has expired');
});

function exampleRequest(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
): S3Request {
  const message = { method, url, rawHeaders: Object.entries(headers).flat() };
  return readRequest(message as unknown as IncomingMessage);
}

async function* inPieces(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000);
}
