import { extname } from 'node:path';
import { chunksOf } from './chunks.ts';
import { formatOf, INDEXED_ENDINGS, textOf } from './document-text.ts';
import type { FaultPlan } from './faults.ts';
import type { ObjectReader } from './objects.ts';
import type { StoredDocument } from './shelf.ts';
import { recordsOfCsv } from './records-of-csv.ts';
import {
  readSidecar,
  refusalOfCount,
  refusalOfS3Vectors,
  SIDECAR_SUFFIX,
  type ReadSidecar,
} from './sidecar.ts';
import type { DataSourceRecord } from './state.ts';

/** Bedrock's quota for one file. */
const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** An object of the bucket and its sidecar, as a listing names them. */
export interface ListedDocument {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly sidecarEtag: string | null;
}

export interface ReadingContext {
  readonly objects: ObjectReader;
  readonly faults: FaultPlan;
  readonly dataSource: DataSourceRecord;
  readonly storageType: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Reading {
  readonly document: StoredDocument;
  /** S3 Vectors refused the metadata: Bedrock fails the whole job for it. */
  readonly failsJob: boolean;
}

/** Reads object and sidecar into what is stored. What cannot be indexed comes back FAILED or IGNORED, with the reason. */
export async function readDocument(
  listed: ListedDocument,
  context: ReadingContext,
): Promise<Reading> {
  const outcome = refusalBeforeReading(listed, context) ?? (await readContent(listed, context));
  const { failsJob = false, ...content } = outcome;
  return {
    document: {
      uri: uriOf(context.dataSource.bucket, listed.key),
      etag: listed.etag,
      sidecarEtag: listed.sidecarEtag,
      attributes: {},
      embedded: [],
      passages: [],
      updatedAt: context.now,
      ...content,
    },
    failsJob,
  };
}

export function uriOf(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

type Outcome = Pick<StoredDocument, 'status' | 'statusReason'> &
  Partial<Pick<StoredDocument, 'attributes' | 'embedded' | 'passages' | 'passageAttributes'>> & {
    readonly failsJob?: boolean;
  };

function failed(statusReason: string): Outcome {
  return { status: 'FAILED', statusReason };
}

function refusalBeforeReading(
  { key, size }: ListedDocument,
  { faults, dataSource }: ReadingContext,
): Outcome | undefined {
  if (formatOf(key) === 'ignored') {
    const statusReason = `Files ending in "${extname(key)}" are not indexed. Indexed: ${INDEXED_ENDINGS}.`;
    return { status: 'IGNORED', statusReason };
  }
  if (size > MAX_FILE_BYTES) {
    return failed(`The file has ${size} bytes; at most ${MAX_FILE_BYTES} are allowed.`);
  }
  const fault = faults.takeDocumentFault(uriOf(dataSource.bucket, key));
  return fault && failed(fault.reason ?? 'Planned fault: the document fails.');
}

async function readContent(listed: ListedDocument, context: ReadingContext): Promise<Outcome> {
  const { objects, dataSource, storageType } = context;
  const sidecar = await sidecarOf(listed, context);
  if ('refused' in sidecar) return failed(sidecar.refused.join(' '));
  const refusal = storageType === 'S3_VECTORS' ? refusalOfS3Vectors(sidecar.attributes) : undefined;
  if (refusal !== undefined) return { ...failed(refusal), failsJob: true };

  const content = await objects.get(dataSource.bucket, listed.key);
  if (!content) return failed('The object disappeared while it was being read.');
  const { structure, ...rest } = sidecar;
  if (structure) return readRecords(listed, content, { ...rest, structure }, context);
  const passages = chunksOf(textOf(listed.key, content), dataSource.chunking);
  if (passages.length === 0) return failed('The file has no text.');
  return { ...rest, passages, ...statusOf(listed.key) };
}

/** Each record is chunked by itself, and its other columns are attributes of its chunks alone. */
function readRecords(
  { key }: ListedDocument,
  content: Buffer,
  { structure, attributes, embedded }: Required<ReadSidecar>,
  { dataSource, storageType }: ReadingContext,
): Outcome {
  if (extname(key).toLowerCase() !== '.csv')
    return failed('Only a CSV file may have a "documentStructureConfiguration".');
  const records = recordsOfCsv(content.toString('utf8'), structure);
  if ('refused' in records) return failed(records.refused);
  for (const record of records) {
    const refusal = refusalOfRecord({ ...attributes, ...record.attributes }, storageType);
    if (refusal !== undefined)
      return { ...failed(refusal), failsJob: storageType === 'S3_VECTORS' };
  }
  const chunks = records.flatMap((record) =>
    chunksOf(record.content, dataSource.chunking).map((text) => ({ text, of: record.attributes })),
  );
  if (chunks.length === 0) return failed('The file has no text.');
  const passages = chunks.map(({ text }) => text);
  const passageAttributes = chunks.map(({ of }) => of);
  return { attributes, embedded, passages, passageAttributes, ...statusOf(key) };
}

function refusalOfRecord(
  attributes: ReadSidecar['attributes'],
  storageType: string | undefined,
): string | undefined {
  return storageType === 'S3_VECTORS' ? refusalOfS3Vectors(attributes) : refusalOfCount(attributes);
}

function statusOf(key: string): Pick<StoredDocument, 'status' | 'statusReason'> {
  if (formatOf(key) !== 'opaque') return { status: 'INDEXED' };
  const statusReason = `The embedded server does not read the text of "${extname(key)}" files. Only name and title are searched.`;
  return { status: 'PARTIALLY_INDEXED', statusReason };
}

type SidecarOfDocument = ReadSidecar | { readonly refused: readonly string[] };

async function sidecarOf(
  listed: ListedDocument,
  { objects, dataSource }: ReadingContext,
): Promise<SidecarOfDocument> {
  if (listed.sidecarEtag === null) return { attributes: {}, embedded: [] };
  const content = await objects.get(dataSource.bucket, listed.key + SIDECAR_SUFFIX);
  return content ? readSidecar(content) : { attributes: {}, embedded: [] };
}
