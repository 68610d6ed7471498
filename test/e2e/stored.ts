import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { createAwsClients } from '../../adapters/aws/clients.ts';
import { openShelf } from '../../local/bedrock/shelf.ts';
import { startS3Server } from '../../local/s3/server.ts';

const BUCKET = 'wellspring-documents';
const CREDENTIALS = { accessKeyId: 'LOCALTEST', secretAccessKey: 'local-test' };

/** The keys of a stopped system's bucket, sorted, with the text of each object. */
export async function storedObjects(state: string): Promise<ReadonlyMap<string, string>> {
  const server = await startS3Server({
    directory: join(state, 'cloud', 's3'),
    port: 0,
    buckets: [BUCKET],
    ...CREDENTIALS,
  });
  const clients = createAwsClients({
    region: 'us-east-1',
    credentials: { ...CREDENTIALS },
    endpoints: { s3: server.url },
  });
  try {
    const objects = new Map<string, string>();
    for await (const page of paginateListObjectsV2({ client: clients.s3 }, { Bucket: BUCKET })) {
      for (const { Key = '' } of page.Contents ?? []) {
        const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        objects.set(Key, (await Body?.transformToString()) ?? '');
      }
    }
    return objects;
  } finally {
    clients.close();
    await server.close();
  }
}

/** The same without what names the time of a run. */
export function timeless(objects: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(
    [...objects].map(([key, text]) => [key, key.endsWith('.json') ? withoutTime(text) : text]),
  );
}

function withoutTime(sidecar: string): string {
  const { metadataAttributes } = JSON.parse(sidecar) as { metadataAttributes: object };
  return JSON.stringify({ ...metadataAttributes, collected_at: undefined });
}

/** What the disk says of every object: another write, even of the same bytes, is another print. */
export function writePrint(state: string): string {
  const folder = join(state, 'cloud', 's3', 'buckets', BUCKET);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const hash = createHash('sha256');
  for (const file of files) {
    const { ino, mtimeMs, size } = statSync(join(folder, file));
    if (statSync(join(folder, file)).isFile()) hash.update(`${file} ${ino} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** The ids of all ingestion jobs that the embedded Bedrock ever started. */
export function ingestionJobs(state: string): readonly string[] {
  return readdirSync(join(state, 'cloud', 'bedrock', 'jobs')).toSorted();
}

/** The passages that the knowledge base of a stopped system holds: what a question can find. */
export function ingestedPassages(state: string): readonly string[] {
  const folder = join(state, 'cloud', 'bedrock', 'documents');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
    join(folder, file),
  );
  return files
    .filter((file) => statSync(file).isFile())
    .flatMap((file) => {
      const shelf = openShelf(file);
      const passages = shelf.all().flatMap((document) => document.passages);
      shelf.close();
      return passages;
    });
}
