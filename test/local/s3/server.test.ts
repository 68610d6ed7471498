import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsError } from '../../contracts/aws-error.ts';
import { runServer, type RunningServer } from './running-server.ts';
import { signedHeaders } from './sign.ts';

const Bucket = 'docs';
let running: RunningServer;
beforeAll(async () => {
  running = await runServer();
});
afterAll(() => running.close());

function put(Key: string, input: Partial<PutObjectCommandInput> = {}) {
  return running.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'content', ...input }));
}

async function text(Key: string): Promise<string | undefined> {
  const answer = await running.s3.send(new GetObjectCommand({ Bucket, Key }));
  return answer.Body?.transformToString();
}

describe('what is not implemented is named', () => {
  test.each([
    ['GetObjectTagging', () => running.s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' }))],
    [
      'PutObjectTagging',
      () =>
        running.s3.send(new PutObjectTaggingCommand({ Bucket, Key: 'a', Tagging: { TagSet: [] } })),
    ],
    ['GetBucketVersioning', () => running.s3.send(new GetBucketVersioningCommand({ Bucket }))],
    ['ListObjects', () => running.s3.send(new ListObjectsCommand({ Bucket }))],
    [
      'UploadPartCopy',
      () =>
        running.s3.send(
          new UploadPartCopyCommand({
            Bucket,
            Key: 'a',
            UploadId: 'u',
            PartNumber: 1,
            CopySource: 'docs/b',
          }),
        ),
    ],
    ['x-amz-server-side-encryption', () => put('a', { ServerSideEncryption: 'aws:kms' })],
    ['x-amz-tagging', () => put('a', { Tagging: 'a=b' })],
    [
      'versionId',
      () => running.s3.send(new GetObjectCommand({ Bucket, Key: 'a', VersionId: 'v1' })),
    ],
    ['CRC32C', () => put('a', { ChecksumAlgorithm: 'CRC32C' })],
  ])('%s', async (what, call) => {
    const error = await awsError(call());

    expect(error).toMatchObject({ name: 'NotImplemented', status: 501 });
    expect(error.message).toContain(what);
  });
});

describe('integrity', () => {
  test.each([
    ['CRC32', { ChecksumCRC32: 'AAAAAA==' }],
    ['SHA1', { ChecksumSHA1: createHash('sha1').update('other').digest('base64') }],
    ['SHA256', { ChecksumSHA256: createHash('sha256').update('other').digest('base64') }],
    ['Content-MD5', { ContentMD5: createHash('md5').update('other').digest('base64') }],
  ])('a body that does not fit its %s is refused', async (_, input) => {
    expect(await awsError(put('wrong', input))).toMatchObject({ name: 'BadDigest', status: 400 });
    expect(await awsError(text('wrong'))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('a body that was changed under its signature is refused', async () => {
    const url = `${running.server.url}/docs/changed`;
    const payload = createHash('sha256').update('signed').digest('hex');
    const headers = signedHeaders({ method: 'PUT', url, payload, at: new Date() });

    const answer = await fetch(url, { method: 'PUT', headers, body: 'forged' });

    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('<Code>XAmzContentSHA256Mismatch</Code>');
    expect(await awsError(text('changed'))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('the checksum of an upload is answered to a reader who asks for it', async () => {
    const ChecksumSHA256 = createHash('sha256').update('content').digest('base64');
    await put('checked', { ChecksumSHA256 });

    const head = await running.s3.send(
      new HeadObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }),
    );

    expect(head).toMatchObject({ ChecksumSHA256, ChecksumType: 'FULL_OBJECT' });
  });

  test('a streamed body with a wrong length is not stored', async () => {
    const body = Readable.from([Buffer.alloc(10_000)]);

    await expect(put('short', { Body: body, ContentLength: 20_000 })).rejects.toThrow(Error);
    expect(await awsError(text('short'))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('an upload that is cut off is not stored and leaves nothing behind', async () => {
    const url = `${running.server.url}/docs/cut-off`;
    const headers = signedHeaders({
      method: 'PUT',
      url,
      payload: 'UNSIGNED-PAYLOAD',
      at: new Date(),
    });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(running.server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`PUT /docs/cut-off HTTP/1.1\r\n${lines.join('')}content-length: 5000000\r\n\r\n`);
    await new Promise((resolve) => socket.write(Buffer.alloc(3_000_000), resolve));
    socket.destroy();
    await once(socket, 'close');

    await expect.poll(() => readdir(join(running.directory, 'scratch'))).toEqual([]);
    expect(await awsError(text('cut-off'))).toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('conditions', () => {
  test('a write that expects a version that is gone finds no key', async () => {
    expect(await awsError(put('none', { IfMatch: '"abc"' }))).toMatchObject({
      name: 'NoSuchKey',
      status: 404,
    });
  });

  test('an object that vanishes during a conditional upload is a conflict to repeat', async () => {
    const first = await put('vanishing');
    const body = new Readable({ read: () => undefined });
    const half = Buffer.alloc(1_500_000);
    const writing = awsError(
      put('vanishing', { Body: body, ContentLength: 2 * half.length, IfMatch: first.ETag }),
    );
    body.push(half);
    await expect.poll(() => readdir(join(running.directory, 'scratch'))).toHaveLength(1);
    await running.s3.send(new DeleteObjectCommand({ Bucket, Key: 'vanishing' }));
    body.push(half);
    body.push(null);

    expect(await writing).toMatchObject({ name: 'ConditionalRequestConflict', status: 409 });
  });

  test('a deletion may demand a version', async () => {
    const { ETag } = await put('delete-me');
    const remove = (IfMatch: string | undefined) =>
      running.s3.send(new DeleteObjectCommand({ Bucket, Key: 'delete-me', IfMatch }));

    expect(await awsError(remove('"other"'))).toMatchObject({ status: 412 });
    await remove(ETag);
    expect(await awsError(remove(ETag))).toMatchObject({ name: 'NoSuchKey', status: 404 });
  });

  test('readers may ask for what they do not have yet', async () => {
    const { ETag } = await put('cached');
    const read = (input: object) =>
      awsError(running.s3.send(new GetObjectCommand({ Bucket, Key: 'cached', ...input })));

    expect(await read({ IfNoneMatch: ETag })).toMatchObject({ status: 304 });
    expect(await read({ IfMatch: '"other"' })).toMatchObject({ status: 412 });
    expect(await read({ IfModifiedSince: new Date(Date.now() + 5000) })).toMatchObject({
      status: 304,
    });
    expect(await read({ IfUnmodifiedSince: new Date(0) })).toMatchObject({ status: 412 });
  });
});

test('several objects are deleted, and a condition that fails is named in the answer', async () => {
  await put('several/<a>&"b"');
  await put('several/kept');

  const answer = await running.s3.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: {
        Objects: [
          { Key: 'several/<a>&"b"' },
          { Key: 'several/kept', ETag: '"other"' },
          { Key: 'several/missing' },
        ],
      },
    }),
  );

  expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['several/<a>&"b"', 'several/missing']);
  expect(answer.Errors).toMatchObject([{ Key: 'several/kept', Code: 'PreconditionFailed' }]);
  expect(await text('several/kept')).toBe('content');
});

test('an object is copied with its headers, or with new ones', async () => {
  await put('copy/from ü', { ContentType: 'text/plain', Metadata: { a: '1' } });
  const CopySource = `docs/${encodeURIComponent('copy/from ü')}`;

  await running.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy/to', CopySource }));
  await running.s3.send(
    new CopyObjectCommand({
      Bucket,
      Key: 'copy/new',
      CopySource,
      MetadataDirective: 'REPLACE',
      Metadata: { b: '2' },
      ContentType: 'text/html',
    }),
  );

  const head = (Key: string) => running.s3.send(new HeadObjectCommand({ Bucket, Key }));
  expect(await head('copy/to')).toMatchObject({ ContentType: 'text/plain', Metadata: { a: '1' } });
  expect(await head('copy/new')).toMatchObject({ ContentType: 'text/html', Metadata: { b: '2' } });
  expect(await text('copy/to')).toBe('content');
  expect(
    await awsError(
      running.s3.send(new CopyObjectCommand({ Bucket, Key: 'copy/x', CopySource: 'docs/none' })),
    ),
  ).toMatchObject({ name: 'NoSuchKey' });
  expect(
    await awsError(
      running.s3.send(
        new CopyObjectCommand({ Bucket, Key: 'copy/to', CopySource, IfNoneMatch: '*' }),
      ),
    ),
  ).toMatchObject({ status: 412 });
});

test('buckets are made once, listed by name, and asked for', async () => {
  await running.s3.send(new CreateBucketCommand({ Bucket: 'another' }));

  const again = awsError(running.s3.send(new CreateBucketCommand({ Bucket: 'another' })));
  const hostile = awsError(running.s3.send(new CreateBucketCommand({ Bucket: 'Up' })));
  const missing = awsError(running.s3.send(new HeadBucketCommand({ Bucket: 'missing' })));

  const { Buckets } = await running.s3.send(new ListBucketsCommand({}));
  expect(Buckets?.map(({ Name }) => Name)).toEqual(['another', 'docs']);
  expect(await again).toMatchObject({ name: 'BucketAlreadyOwnedByYou', status: 409 });
  expect(await hostile).toMatchObject({ name: 'InvalidBucketName' });
  expect(await missing).toMatchObject({ name: 'NotFound', status: 404 });
});

test('a bucket of another owner is refused', async () => {
  expect(await awsError(put('a', { ExpectedBucketOwner: '111111111111' }))).toMatchObject({
    name: 'AccessDenied',
  });
  await expect(put('a', { ExpectedBucketOwner: '000000000000' })).resolves.toBeDefined();
});

test('a page may hold keys and common prefixes, and the next one goes on behind them', async () => {
  for (const key of ['a', 'b/1', 'b/2', 'c', 'd/1']) await put(`fold/${key}`);
  const seen: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await running.s3.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: 'fold/',
        Delimiter: '/',
        MaxKeys: 1,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    expect(page.KeyCount).toBe(1);
    seen.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes?.[0]?.Prefix);
    token = page.NextContinuationToken;
  } while (token !== undefined);

  expect(seen).toEqual(['fold/a', 'fold/b/', 'fold/c', 'fold/d/']);
});

test('a key with control characters survives a listing', async () => {
  await put('control/\u0001\n\u007F');

  const page = await running.s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: 'control/', EncodingType: 'url' }),
  );

  expect(decodeURIComponent(page.Contents?.[0]?.Key ?? '')).toBe('control/\u0001\n\u007F');
});

describe('uploads in parts', () => {
  const PART = Buffer.alloc(5 * 1024 * 1024, 'p');

  async function begin(Key: string): Promise<string> {
    const { UploadId = '' } = await running.s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32' }),
    );
    return UploadId;
  }

  async function part(Key: string, UploadId: string, PartNumber: number, Body: Buffer) {
    const { ETag, ChecksumCRC32 } = await running.s3.send(
      new UploadPartCommand({
        Bucket,
        Key,
        UploadId,
        PartNumber,
        Body,
        ChecksumAlgorithm: 'CRC32',
      }),
    );
    return { PartNumber, ETag, ChecksumCRC32 };
  }

  function complete(Key: string, UploadId: string, Parts: object[]) {
    return running.s3.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
  }

  test('parts are listed, replaced and joined in the order of their numbers', async () => {
    const Key = 'parts/joined';
    const UploadId = await begin(Key);
    const last = await part(Key, UploadId, 9, Buffer.from('end'));
    await part(Key, UploadId, 2, Buffer.alloc(10));
    const first = await part(Key, UploadId, 2, PART);

    const listed = await running.s3.send(
      new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 1 }),
    );
    const uploads = await running.s3.send(
      new ListMultipartUploadsCommand({ Bucket, Prefix: 'parts/j' }),
    );
    const answer = await complete(Key, UploadId, [first, last]);

    expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '2' });
    expect(listed.Parts).toMatchObject([{ PartNumber: 2, Size: PART.length, ETag: first.ETag }]);
    expect(uploads.Uploads).toMatchObject([{ Key, UploadId }]);
    expect(answer.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(answer.ChecksumCRC32).toMatch(/-2$/);
    const stored = await text(Key);
    expect(stored).toBe(`${PART.toString()}end`);
    expect(await awsError(complete(Key, UploadId, [first, last]))).toMatchObject({
      name: 'NoSuchUpload',
    });
  });

  test('parts that are missing, small or out of order are refused', async () => {
    const Key = 'parts/refused';
    const UploadId = await begin(Key);
    const small = await part(Key, UploadId, 1, Buffer.from('small'));
    const second = await part(Key, UploadId, 2, PART);

    expect(await awsError(complete(Key, UploadId, [small, second]))).toMatchObject({
      name: 'EntityTooSmall',
    });
    expect(await awsError(complete(Key, UploadId, [second, small]))).toMatchObject({
      name: 'InvalidPartOrder',
    });
    expect(await awsError(complete(Key, UploadId, [{ ...small, PartNumber: 3 }]))).toMatchObject({
      name: 'InvalidPart',
    });
    expect(await awsError(text(Key))).toMatchObject({ name: 'NoSuchKey' });
  });

  test('an upload that was aborted takes no more parts', async () => {
    const Key = 'parts/aborted';
    const UploadId = await begin(Key);
    await part(Key, UploadId, 1, PART);

    await running.s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));

    expect(await awsError(part(Key, UploadId, 2, PART))).toMatchObject({ name: 'NoSuchUpload' });
    expect(await readdir(join(running.directory, 'scratch'))).toEqual([]);
  });

  test.each(['..', '../../objects', 'x'.repeat(48), 'f'.repeat(48)])(
    'the upload id "%s" is unknown',
    async (UploadId) => {
      const listing = running.s3.send(new ListPartsCommand({ Bucket, Key: 'a', UploadId }));
      const aborting = running.s3.send(
        new AbortMultipartUploadCommand({ Bucket, Key: 'a', UploadId }),
      );

      expect(await awsError(listing)).toMatchObject({ name: 'NoSuchUpload' });
      expect(await awsError(aborting)).toMatchObject({ name: 'NoSuchUpload' });
    },
  );
});

test('a HEAD that fails has no body', async () => {
  const url = `${running.server.url}/docs/nothing`;
  const headers = signedHeaders({
    method: 'HEAD',
    url,
    payload: 'UNSIGNED-PAYLOAD',
    at: new Date(),
  });

  const answer = await fetch(url, { method: 'HEAD', headers });

  expect(answer.status).toBe(404);
  expect(await answer.text()).toBe('');
});

test('the requests are counted by operation', async () => {
  running.server.requests.clear();
  await put('counted');
  await awsError(text('missing'));

  expect(running.server.requests.count('PutObject')).toBe(1);
  expect(running.server.requests.count('DeleteObject')).toBe(0);
  expect(running.server.requests.all()).toEqual([
    { method: 'PUT', operation: 'PutObject', bucket: 'docs', key: 'counted', status: 200 },
    { method: 'GET', operation: 'GetObject', bucket: 'docs', key: 'missing', status: 404 },
  ]);
});
