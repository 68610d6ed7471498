import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createObjects, type Objects } from '../../adapters/aws/objects.ts';
import { awsError } from './aws-error.ts';

/** A running S3 server with an empty bucket. */
export interface ObjectsCase {
  readonly s3: S3Client;
  readonly bucket: string;
  close(): Promise<void>;
}

/**
 * What our object adapter owes, and what it needs of a server. `knownDifferences` names the tests in which a server
 * is known to differ from S3: they must fail there, so that a difference that went away is noticed.
 */
export function describeObjects(
  name: string,
  setup: () => Promise<ObjectsCase>,
  knownDifferences: readonly string[] = [],
): void {
  describe(`objects: ${name}`, () => {
    let server: ObjectsCase;
    let objects: Objects;
    let folder: string;
    const signal = AbortSignal.timeout(300_000);
    const prefix = `contract-${randomUUID().slice(0, 8)}`;
    const seen: string[] = [];
    const at = (key: string) => ({ bucket: server.bucket, key: `${prefix}/${key}`, signal });
    const text = { contentType: 'text/markdown' };

    beforeAll(async () => {
      server = await setup();
      objects = createObjects(server.s3);
      folder = await mkdtemp(join(tmpdir(), 'objects-'));
    });
    afterAll(async () => {
      await server?.close();
      await rm(folder, { recursive: true, force: true });
    });

    function promise(sentence: string, body: () => Promise<void>): void {
      seen.push(sentence);
      const run = knownDifferences.includes(sentence) ? test.fails : test;
      run(sentence, { timeout: 60_000 }, body);
    }

    promise('what was put is read back with its type and metadata', async () => {
      const body = Buffer.from('# Grüße\n');

      const { etag } = await objects.put({
        ...at('a.md'),
        ...text,
        body,
        metadata: { 'run-id': 'r1' },
      });

      const stored = await objects.get(at('a.md'));
      expect(stored).toMatchObject({ body, etag, contentType: 'text/markdown', sizeBytes: 10 });
      expect(stored.metadata).toEqual({ 'run-id': 'r1', 'content-sha256': sha256(body) });
      expect(await objects.getText(at('a.md'))).toBe('# Grüße\n');
      expect(await objects.head(at('a.md'))).toMatchObject({ etag, sizeBytes: 10 });
    });

    promise('an empty body is stored as such', async () => {
      await objects.put({ ...at('empty'), ...text, body: Buffer.alloc(0) });

      expect((await objects.get(at('empty'))).body).toHaveLength(0);
    });

    promise('a missing object has no head and is NotFound to read', async () => {
      expect(await objects.head(at('missing'))).toBeUndefined();
      await expect(objects.get(at('missing'))).rejects.toMatchObject({ type: 'NotFound' });
    });

    promise('an object is created only where there is none', async () => {
      const first = await objects.put({
        ...at('create'),
        ...text,
        body: Buffer.from('1'),
        expected: 'absent',
      });

      const second = objects.put({
        ...at('create'),
        ...text,
        body: Buffer.from('2'),
        expected: 'absent',
      });

      await expect(second).rejects.toMatchObject({
        type: 'Conflict',
        details: [{ etag: first.etag }],
      });
      expect(await objects.getText(at('create'))).toBe('1');
    });

    promise('an object is replaced only in the version that was expected', async () => {
      const first = await objects.put({ ...at('replace'), ...text, body: Buffer.from('1') });
      const second = await objects.put({
        ...at('replace'),
        ...text,
        body: Buffer.from('2'),
        expected: first,
      });

      const stale = objects.put({
        ...at('replace'),
        ...text,
        body: Buffer.from('3'),
        expected: first,
      });

      await expect(stale).rejects.toMatchObject({
        type: 'Conflict',
        details: [{ etag: second.etag }],
      });
      expect(await objects.getText(at('replace'))).toBe('2');
    });

    promise('replacing an object that is gone is a conflict without a version', async () => {
      const stale = objects.put({
        ...at('gone'),
        ...text,
        body: Buffer.from('3'),
        expected: { etag: '"00000000000000000000000000000000"' },
      });

      await expect(stale).rejects.toMatchObject({ type: 'Conflict', details: [{ etag: null }] });
    });

    promise('the same content put again under an old expectation is success', async () => {
      const body = Buffer.from('same');
      const first = await objects.put({ ...at('again'), ...text, body, expected: 'absent' });

      const second = await objects.put({ ...at('again'), ...text, body, expected: 'absent' });

      expect(second).toEqual(first);
    });

    promise('of twenty racing creators exactly one wins', async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          objects.put({
            ...at('race'),
            ...text,
            body: Buffer.from(`writer ${index}`),
            expected: 'absent',
          }),
        ),
      );

      const winners = results.flatMap(({ status }, index) =>
        status === 'fulfilled' ? [index] : [],
      );
      expect(winners).toHaveLength(1);
      expect(await objects.getText(at('race'))).toBe(`writer ${winners[0]}`);
      expect(
        results.flatMap((one) => (one.status === 'rejected' ? [typeOf(one.reason)] : [])),
      ).toEqual(Array.from({ length: 19 }, () => 'Conflict'));
    });

    promise('removing twice is success', async () => {
      await objects.put({ ...at('remove'), ...text, body: Buffer.from('x') });

      await objects.remove(at('remove'));
      await objects.remove(at('remove'));

      expect(await objects.head(at('remove'))).toBeUndefined();
    });

    promise('an object is removed only in the version that was expected', async () => {
      const old = await objects.put({ ...at('guarded'), ...text, body: Buffer.from('1') });
      await objects.put({ ...at('guarded'), ...text, body: Buffer.from('2') });

      const stale = objects.remove({ ...at('guarded'), expected: old });

      await expect(stale).rejects.toMatchObject({ type: 'Conflict' });
      expect(await objects.getText(at('guarded'))).toBe('2');
    });

    promise('removing a missing object in an expected version is success', async () => {
      const expected = { etag: '"00000000000000000000000000000000"' };

      await expect(objects.remove({ ...at('never'), expected })).resolves.toBeUndefined();
    });

    promise('more than a thousand objects are removed, missing ones included', async () => {
      await objects.put({ ...at('many/0'), ...text, body: Buffer.from('x') });
      const keys = Array.from({ length: 1001 }, (_, index) => `${prefix}/many/${index}`);

      const errors = await objects.removeMany({ bucket: server.bucket, keys, signal });

      expect(errors).toEqual([]);
      expect(await listed('many/')).toEqual([]);
    });

    promise(
      'of many objects only the expected versions are removed, and the others are named',
      async () => {
        const [one, two] = [at('versions/1'), at('versions/2')];
        const { etag } = await objects.put({ ...one, ...text, body: Buffer.from('1') });
        await objects.put({ ...two, ...text, body: Buffer.from('2') });
        const etags = new Map([one.key, two.key, at('versions/3').key].map((key) => [key, etag]));

        const errors = await objects.removeMany({
          bucket: server.bucket,
          keys: [...etags.keys()],
          etags,
          signal,
        });

        expect(errors).toMatchObject([{ key: two.key, failure: 'Conflict' }]);
        expect(await listed('versions/')).toEqual(['2']);
      },
    );

    promise('equal content that is stored apart has another ETag, again and again', async () => {
      const body = Buffer.from('the same');
      const first = await objects.put({ ...at('apart'), ...text, body });
      const second = await objects.put({ ...at('apart'), ...text, body, apart: first });
      const repeated = await objects.put({
        ...at('apart'),
        ...text,
        body,
        apart: first,
        expected: 'absent',
      });
      const third = await objects.put({ ...at('apart'), ...text, body, apart: second });

      expect(second.etag).not.toBe(first.etag);
      // The answer of the write was lost: it is there, and is no conflict.
      expect(repeated).toEqual(second);
      expect(third.etag).not.toBe(second.etag);
      expect(await objects.getText(at('apart'))).toBe('the same');
    });

    promise('keys are listed in the order of their UTF-8 bytes', async () => {
      const names = ['a-b', 'a/b', 'a b', 'ab', 'Z', 'ä', '\u{FF5E}', '\u{1F600}', '1+1=2'];
      for (const name of names) {
        await objects.put({ ...at(`order/${name}`), ...text, body: Buffer.from(name) });
      }

      const inBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await listed('order/')).toEqual(inBytes);
    });

    promise('a list follows its pages and shows each key once', async () => {
      const names = Array.from({ length: 25 }, (_, index) => String(index).padStart(3, '0'));
      await Promise.all(
        names.map((name) =>
          objects.put({ ...at(`pages/${name}`), ...text, body: Buffer.from(name) }),
        ),
      );

      const found: string[] = [];
      let token: string | undefined;
      let pages = 0;
      do {
        const page = await server.s3.send(
          new ListObjectsV2Command({
            Bucket: server.bucket,
            Prefix: `${prefix}/pages/`,
            MaxKeys: 10,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        found.push(...(page.Contents ?? []).map(({ Key = '' }) => Key.slice(-3)));
        token = page.NextContinuationToken;
        pages += 1;
      } while (token !== undefined);

      expect({ found, pages }).toEqual({ found: names, pages: 3 });
    });

    promise('a delimiter folds keys into common prefixes', async () => {
      for (const name of ['x', 'b/1', 'b/2', 'c/1']) {
        await objects.put({ ...at(`fold/${name}`), ...text, body: Buffer.from(name) });
      }

      const page = await server.s3.send(
        new ListObjectsV2Command({
          Bucket: server.bucket,
          Prefix: `${prefix}/fold/`,
          Delimiter: '/',
        }),
      );

      expect(page.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual([
        `${prefix}/fold/b/`,
        `${prefix}/fold/c/`,
      ]);
      expect(page.Contents?.map(({ Key }) => Key)).toEqual([`${prefix}/fold/x`]);
    });

    promise('a list starts after the key that was named', async () => {
      for (const name of ['a-b', 'a/1', 'a0']) {
        await objects.put({ ...at(`after/${name}`), ...text, body: Buffer.from(name) });
      }

      const page = await server.s3.send(
        new ListObjectsV2Command({
          Bucket: server.bucket,
          Prefix: `${prefix}/after/`,
          StartAfter: `${prefix}/after/a-b`,
        }),
      );

      expect(page.Contents?.map(({ Key }) => Key)).toEqual([
        `${prefix}/after/a/1`,
        `${prefix}/after/a0`,
      ]);
    });

    promise('a range of an object is read', async () => {
      await objects.put({ ...at('range'), ...text, body: Buffer.from('0123456789') });

      expect(await ranged('range', 'bytes=2-4')).toBe('234');
      expect(await ranged('range', 'bytes=7-')).toBe('789');
      expect(await ranged('range', 'bytes=-2')).toBe('89');
      expect(await awsError(ranged('range', 'bytes=10-'))).toMatchObject({ name: 'InvalidRange' });
    });

    promise('a body that does not fit its checksum is refused and not stored', async () => {
      const wrong = new PutObjectCommand({
        Bucket: server.bucket,
        Key: `${prefix}/wrong`,
        Body: Buffer.from('content'),
        ChecksumSHA256: createHash('sha256').update('other').digest('base64'),
      });

      expect(await awsError(server.s3.send(wrong))).toMatchObject({ status: 400 });
      expect(await objects.head(at('wrong'))).toBeUndefined();
    });

    promise('a large file goes in parts and comes back whole', async () => {
      const body = createHash('sha512').update('seed').digest();
      const large = Buffer.alloc(17 * 1024 * 1024 + 5, body);
      const path = join(folder, 'large');
      await writeFile(path, large);

      await objects.putFile({ ...at('large'), ...text, path, expected: 'absent' });

      const stored = await objects.get(at('large'));
      expect(sha256(stored.body)).toBe(sha256(large));
      expect(stored.metadata['content-sha256']).toBe(sha256(large));
      expect(await uploadsOf('large')).toBe(0);
      await expect(
        objects.putFile({ ...at('large'), ...text, path, expected: 'absent' }),
      ).resolves.toEqual({ etag: stored.etag });
    });

    promise('a large file replaces only the version that was expected', async () => {
      const path = join(folder, 'large-2');
      await writeFile(path, Buffer.alloc(9 * 1024 * 1024, 7));
      const first = await objects.put({ ...at('large-2'), ...text, body: Buffer.from('1') });

      await expect(
        objects.putFile({ ...at('large-2'), ...text, path, expected: 'absent' }),
      ).rejects.toMatchObject({ type: 'Conflict', details: [{ etag: first.etag }] });
      expect(await uploadsOf('large-2')).toBe(0);
      await objects.putFile({ ...at('large-2'), ...text, path, expected: first });
      expect(await objects.head(at('large-2'))).toMatchObject({ sizeBytes: 9 * 1024 * 1024 });
    });

    promise('a cancelled upload leaves neither object nor parts', async () => {
      const path = join(folder, 'cancelled');
      await writeFile(path, Buffer.alloc(24 * 1024 * 1024, 1));
      const cancel = new AbortController();
      const reason = new Error('the run was cancelled');
      cancelAfterFirstPart(server.s3, cancel, reason);

      const upload = objects.putFile({ ...at('cancelled'), ...text, path, signal: cancel.signal });

      await expect(upload).rejects.toBe(reason);
      expect(await objects.head(at('cancelled'))).toBeUndefined();
      expect(await uploadsOf('cancelled')).toBe(0);
    });

    promise('a call on a cancelled signal ends with its reason and asks nothing', async () => {
      const reason = new Error('cancelled');

      await expect(
        objects.put({
          ...at('never'),
          ...text,
          body: Buffer.from('x'),
          signal: AbortSignal.abort(reason),
        }),
      ).rejects.toBe(reason);
      expect(await objects.head(at('never'))).toBeUndefined();
    });

    promise('a missing bucket is NotFound', async () => {
      await expect(objects.checkBucket(server.bucket, signal)).resolves.toBeUndefined();
      await expect(objects.checkBucket('no-such-bucket-here', signal)).rejects.toMatchObject({
        type: 'NotFound',
      });
      const put = { ...at('x'), ...text, bucket: 'no-such-bucket-here', body: Buffer.from('x') };
      await expect(objects.put(put)).rejects.toMatchObject({ type: 'NotFound' });
    });

    promise('a key of more than 1024 bytes is the fault of its document', async () => {
      const put = objects.put({ ...at('k'.repeat(1100)), ...text, body: Buffer.from('x') });

      await expect(put).rejects.toMatchObject({ type: 'InvalidDocument' });
    });

    promise('metadata of more than 2 KB is the fault of its document', async () => {
      const put = objects.put({
        ...at('metadata'),
        ...text,
        body: Buffer.from('x'),
        metadata: { long: 'x'.repeat(2100) },
      });

      await expect(put).rejects.toMatchObject({ type: 'InvalidDocument' });
    });

    promise('a key with odd characters is kept as it is', async () => {
      const keys = [
        'a/../b',
        'dot/.',
        'back\\slash',
        'a//b',
        'per%cent',
        'plus+and space',
        'q?x=#1',
      ];
      for (const key of keys) {
        await objects.put({ ...at(`odd/${key}`), ...text, body: Buffer.from(key) });
      }

      for (const key of keys) expect(await objects.getText(at(`odd/${key}`))).toBe(key);
      expect((await listed('odd/')).toSorted()).toEqual(keys.toSorted());
    });

    promise('a key may be the beginning of another', async () => {
      await objects.put({ ...at('nest/a'), ...text, body: Buffer.from('1') });
      await objects.put({ ...at('nest/a/b'), ...text, body: Buffer.from('2') });

      expect(await objects.getText(at('nest/a'))).toBe('1');
      expect(await objects.getText(at('nest/a/b'))).toBe('2');
    });

    promise('a streamed body is stored without the marks of its chunks', async () => {
      const { Readable } = await import('node:stream');
      const body = Buffer.alloc(100_000, 'stream ');
      await server.s3.send(
        new PutObjectCommand({
          Bucket: server.bucket,
          Key: `${prefix}/streamed`,
          Body: Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]),
          ContentLength: body.length,
          ChecksumAlgorithm: 'CRC32',
        }),
      );

      const head = await server.s3.send(
        new HeadObjectCommand({ Bucket: server.bucket, Key: `${prefix}/streamed` }),
      );
      expect((await objects.get(at('streamed'))).body.equals(body)).toBe(true);
      expect(head.ContentEncoding).toBeUndefined();
    });

    promise('deleting a missing object without a condition is success for any client', async () => {
      const answer = await server.s3.send(
        new DeleteObjectCommand({ Bucket: server.bucket, Key: `${prefix}/nothing` }),
      );

      expect(answer.$metadata.httpStatusCode).toBe(204);
    });

    promise('an upload in parts that was begun is not an object', async () => {
      await server.s3.send(
        new CreateMultipartUploadCommand({ Bucket: server.bucket, Key: `${prefix}/begun` }),
      );

      expect(await objects.head(at('begun'))).toBeUndefined();
      expect(await uploadsOf('begun')).toBe(1);
    });

    test('every known difference names a test of this suite', () => {
      expect(knownDifferences.filter((sentence) => !seen.includes(sentence))).toEqual([]);
    });

    async function listed(folderName: string): Promise<readonly string[]> {
      const start = `${prefix}/${folderName}`;
      const found = await Array.fromAsync(
        objects.list({ bucket: server.bucket, prefix: start, signal }),
      );
      return found.map(({ key }) => key.slice(start.length));
    }

    async function ranged(key: string, range: string): Promise<string | undefined> {
      const answer = await server.s3.send(
        new GetObjectCommand({ Bucket: server.bucket, Key: `${prefix}/${key}`, Range: range }),
      );
      return answer.Body?.transformToString();
    }

    async function uploadsOf(key: string): Promise<number> {
      const answer = await server.s3.send(
        new ListMultipartUploadsCommand({ Bucket: server.bucket, Prefix: `${prefix}/${key}` }),
      );
      return (answer.Uploads ?? []).length;
    }
  });
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function typeOf(error: unknown): string {
  return error instanceof ApplicationFailure ? (error.type ?? '') : String(error);
}

/** Cancels when the client has sent its first part: in the middle of the upload. */
function cancelAfterFirstPart(s3: S3Client, cancel: AbortController, reason: Error): void {
  s3.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      if (context.commandName === 'UploadPartCommand' && !cancel.signal.aborted) {
        cancel.abort(reason);
      }
      return result;
    },
    { step: 'initialize', name: 'cancelAfterFirstPart', override: true },
  );
}
