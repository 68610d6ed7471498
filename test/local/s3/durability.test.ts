import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runServer, testClient, TEST_CREDENTIALS } from './running-server.ts';

const Bucket = 'docs';
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 's3-killed-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('a server that is killed while it writes keeps what it acknowledged, and nothing torn', async () => {
  const killed = await startProcess();
  const s3 = testClient(killed.url);
  const uploadId = await beginUpload(s3);
  const acknowledged = new Map<string, number>();
  const attempted = new Map<string, number>();

  await Promise.all(
    Array.from({ length: 8 }, (_, writer) =>
      writeUntilDead(s3, {
        writer,
        acknowledged,
        attempted,
        kill: () => void killed.child.kill('SIGKILL'),
      }),
    ),
  );
  if (killed.child.signalCode === null) await once(killed.child, 'exit');
  s3.destroy();

  const again = await runServer({ directory });
  const { Contents = [] } = await again.s3.send(new ListObjectsV2Command({ Bucket }));
  expect(acknowledged.size).toBe(KEYS);
  expect(Contents.map(({ Key }) => Key)).toEqual([...attempted.keys()].toSorted());
  for (const [key, version] of acknowledged) {
    const stored = await versionOf(again.s3, key);
    expect(stored).toBeGreaterThanOrEqual(version);
    expect(stored).toBeLessThanOrEqual(attempted.get(key) ?? 0);
  }
  const { Parts } = await again.s3.send(
    new ListPartsCommand({ Bucket, Key: 'parts', UploadId: uploadId }),
  );
  expect(Parts).toMatchObject([{ PartNumber: 1, Size: 4 }]);
  await again.close();
});

test('a server that is started again lists what the last one stored', async () => {
  const folder = await mkdtemp(join(tmpdir(), 's3-again-'));
  const first = await runServer({ directory: folder });
  await first.s3.send(
    new PutObjectCommand({ Bucket, Key: 'ä/🙂', Body: 'x', Metadata: { a: 'b' } }),
  );
  await first.close();

  const second = await runServer({ directory: folder });
  const answer = await second.s3.send(new GetObjectCommand({ Bucket, Key: 'ä/🙂' }));

  expect(await answer.Body?.transformToString()).toBe('x');
  expect(answer.Metadata).toEqual({ a: 'b' });
  await second.close();
  await rm(folder, { recursive: true, force: true });
});

const KEYS = 40;
const WRITES_BEFORE_DEATH = 400;

interface Writing {
  readonly writer: number;
  readonly acknowledged: Map<string, number>;
  readonly attempted: Map<string, number>;
  readonly kill: () => void;
}

/** Each writer has keys of its own and writes rising versions of them; the death of the server ends it. */
async function writeUntilDead(s3: S3Client, writing: Writing): Promise<void> {
  const { writer, acknowledged, attempted, kill } = writing;
  for (let version = 1; ; version += 1) {
    const key = `key-${writer}-${version % (KEYS / 8)}`;
    attempted.set(key, version);
    try {
      await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: bodyOf(version) }));
    } catch {
      return;
    }
    acknowledged.set(key, version);
    if (writer === 0 && version === WRITES_BEFORE_DEATH / 8) kill();
  }
}

function bodyOf(version: number): string {
  return `${version}\n`.repeat(1000);
}

/** The version that an object holds; fails if it is mixed or cut. */
async function versionOf(s3: S3Client, Key: string): Promise<number> {
  const answer = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const text = (await answer.Body?.transformToString()) ?? '';
  const version = Number(text.split('\n')[0]);
  expect(text).toBe(bodyOf(version));
  return version;
}

async function beginUpload(s3: S3Client): Promise<string> {
  const { UploadId = '' } = await s3.send(
    new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }),
  );
  await s3.send(
    new UploadPartCommand({ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'part' }),
  );
  return UploadId;
}

async function startProcess(): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const module = import.meta.resolve('../../../local/s3/server.ts');
  const options = { directory, buckets: [Bucket], ...TEST_CREDENTIALS };
  const code = `
    import { startS3Server } from ${JSON.stringify(module)};
    const { url } = await startS3Server(${JSON.stringify(options)});
    console.log(url);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const url of createInterface(child.stdout)) return { child, url };
  throw new Error('The server process ended before it said its address.');
}
