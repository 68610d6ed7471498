import type { Handler } from './handler.ts';
import { compareUtf8 } from './key-index.ts';
import { readCount, readEncoding } from './list-parameters.ts';
import { underUpload } from './multipart.ts';
import { readParts, readUploads, type UploadFacts, type UploadPart } from './upload-files.ts';
import { xmlDocument, type XmlElement } from './xml.ts';

/** Lists the stored parts of an upload by number, a page at a time. */
export const listParts: Handler = async (call) => {
  const { request } = call;
  const { upload, stored } = await underUpload(call, async (named) => ({
    upload: named.upload,
    stored: await readParts(named.uploads, named.upload.uploadId),
  }));
  const maxParts = readCount(request.query, 'max-parts');
  const marker = Number(request.query.get('part-number-marker') ?? 0);
  const behind = stored.filter(({ partNumber }) => partNumber > marker);
  const page = behind.slice(0, maxParts);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListPartsResult', [
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['UploadId', upload.uploadId],
      ['PartNumberMarker', marker],
      ['NextPartNumberMarker', page.at(-1)?.partNumber ?? marker],
      ['MaxParts', maxParts],
      ['IsTruncated', page.length < behind.length],
      ...page.map(partElement),
    ]),
  };
};

/** Lists the uploads of a bucket that are under way, by key and then by their beginning, a page at a time. */
export const listMultipartUploads: Handler = async ({ request, bucket }) => {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const { encode, encoding } = readEncoding(query);
  const maxUploads = readCount(query, 'max-uploads');
  const all = (await readUploads(bucket().uploadsDirectory))
    .filter(({ key }) => key.startsWith(prefix))
    .toSorted(byKeyThenTime);
  const behind = all.slice(firstBehind(all, query));
  const page = behind.slice(0, maxUploads);
  const last = page.length < behind.length ? page.at(-1) : undefined;
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListMultipartUploadsResult', [
      ['Bucket', request.bucket],
      ['KeyMarker', encode(query.get('key-marker') ?? '')],
      ['UploadIdMarker', query.get('upload-id-marker') ?? ''],
      ['Prefix', encode(prefix)],
      ['MaxUploads', maxUploads],
      ['IsTruncated', last !== undefined],
      ...(encoding === undefined ? [] : [['EncodingType', encoding] as const]),
      ...(last
        ? ([
            ['NextKeyMarker', encode(last.key)],
            ['NextUploadIdMarker', last.uploadId],
          ] as const)
        : []),
      ...page.map((upload) => uploadElement(upload, encode)),
    ]),
  };
};

function byKeyThenTime(left: UploadFacts, right: UploadFacts): number {
  return (
    compareUtf8(left.key, right.key) ||
    left.initiatedMs - right.initiatedMs ||
    compareUtf8(left.uploadId, right.uploadId)
  );
}

function firstBehind(all: readonly UploadFacts[], query: ReadonlyMap<string, string>): number {
  const key = query.get('key-marker') ?? '';
  const marked = all.findIndex(({ uploadId }) => uploadId === query.get('upload-id-marker'));
  if (marked >= 0) return marked + 1;
  const first = all.findIndex((one) => compareUtf8(one.key, key) > 0);
  return first < 0 ? all.length : first;
}

function partElement({ partNumber, facts }: UploadPart): XmlElement {
  const { checksum } = facts;
  return [
    'Part',
    [
      ['PartNumber', partNumber],
      ['LastModified', new Date(facts.lastModifiedMs).toISOString()],
      ['ETag', `"${facts.etag}"`],
      ['Size', facts.sizeBytes],
      ...(checksum ? [[`Checksum${checksum.algorithm}`, checksum.value] as const] : []),
    ],
  ];
}

function uploadElement(upload: UploadFacts, encode: (text: string) => string): XmlElement {
  return [
    'Upload',
    [
      ['Key', encode(upload.key)],
      ['UploadId', upload.uploadId],
      ['StorageClass', 'STANDARD'],
      ['Initiated', new Date(upload.initiatedMs).toISOString()],
    ],
  ];
}
