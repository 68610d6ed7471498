import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { openShelf } from '../../../local/bedrock/shelf.ts';
import { openState } from '../../../local/bedrock/state.ts';
import type { ChaosCloud } from '../cloud.ts';
import type { IndexedEvidence, JobEvidence, StoredObject } from '../evidence.ts';

const SIDECAR = '.metadata.json';
const READ_AT_ONCE = 16;

/** Every object of the bucket with its text. */
export async function gatherObjects(
  { clients }: ChaosCloud,
  bucket: string,
): Promise<readonly StoredObject[]> {
  const listed = [];
  for await (const page of paginateListObjectsV2({ client: clients.s3 }, { Bucket: bucket }))
    listed.push(...(page.Contents ?? []));
  const read: StoredObject[] = [];
  // Not all at once: this process is their server, too.
  for (let from = 0; from < listed.length; from += READ_AT_ONCE) {
    const some = listed.slice(from, from + READ_AT_ONCE).map(async (object) => {
      const { Key: key = '', ETag: etag = '', LastModified: at } = object;
      const { Body } = await clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const text = (await Body?.transformToString()) ?? '';
      return { key, etag, modifiedAtMs: at?.getTime() ?? 0, text };
    });
    read.push(...(await Promise.all(some)));
  }
  const texts = new Map(read.map(({ key, text }) => [key, text]));
  return read.map((object) => {
    const sidecar = texts.get(`${object.key}${SIDECAR}`);
    return sidecar === undefined ? object : { ...object, sidecar: attributesIn(sidecar) };
  });
}

function attributesIn(sidecar: string): NonNullable<StoredObject['sidecar']> {
  const { metadataAttributes } = JSON.parse(sidecar) as {
    metadataAttributes: Record<string, { value?: { stringValue?: string } } | string | undefined>;
  };
  const valueOf = (name: string): string => {
    const attribute = metadataAttributes[name];
    return typeof attribute === 'string' ? attribute : (attribute?.value?.stringValue ?? '');
  };
  return { docId: valueOf('doc_id'), source: valueOf('source') };
}

/** All ingestion jobs that were ever started. */
export function gatherJobs({ bedrockFolder }: ChaosCloud): readonly JobEvidence[] {
  return openState(bedrockFolder)
    .jobs.all()
    .map(({ id, status, createdAt, updatedAt }) => ({
      id,
      status,
      startedAtMs: createdAt,
      endedAtMs: updatedAt,
    }));
}

/** What the knowledge base holds. Of a copy: opening a shelf may write into it. */
export async function gatherIndexed(
  { bedrockFolder }: ChaosCloud,
  folder: string,
): Promise<readonly IndexedEvidence[]> {
  const shelves = join(bedrockFolder, 'documents');
  const files = await readdir(shelves, { recursive: true, withFileTypes: true });
  const indexed: IndexedEvidence[] = [];
  for (const file of files.filter((one) => one.isFile())) {
    const copy = join(folder, 'shelf-copy');
    await copyFile(join(file.parentPath, file.name), copy);
    const shelf = openShelf(copy);
    indexed.push(...shelf.all().map(({ uri, status, etag }) => ({ uri, status, etag })));
    shelf.destroy();
  }
  return indexed;
}
