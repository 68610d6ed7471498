import { createHash } from 'node:crypto';
import { checksumHeader, digestOf, type Digest } from './checksums.ts';
import { readWriteCondition, withoutQuotes } from './conditions.ts';
import type { Handler, HandlerCall } from './handler.ts';
import { wholeBody } from './incoming-body.ts';
import { underUpload, type NamedUpload } from './multipart.ts';
import { openFile, stageFile, type ObjectFacts } from './object-files.ts';
import type { S3Answer } from './request.ts';
import { S3Error } from './s3-error.ts';
import { readParts, removeUpload, type UploadFacts, type UploadPart } from './upload-files.ts';
import { parseXml, xmlDocument, type ParsedElement } from './xml.ts';

/** All but the last part: S3 user guide, "Amazon S3 multipart upload limits". */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** Joins the parts into the object, whole or not at all; then the upload is forgotten. */
export const completeMultipartUpload: Handler = async (call) => {
  const { request, body, bucket } = call;
  const condition = readWriteCondition(request.headers);
  const before = bucket().facts(request.key);
  const root = parseXml(await wholeBody(body, MAX_BODY_BYTES), 'CompleteMultipartUpload');

  return underUpload(call, async (named) => {
    const stored = await readParts(named.uploads, named.upload.uploadId);
    const parts = chosenParts(root.children('Part'), stored);
    const staged = await joinParts(call, named, parts);
    await bucket().commit(staged, { condition, before });
    const { durability } = call.store.staging;
    await removeUpload(named.uploads, named.upload.uploadId, durability);
    return completedAnswer(call, staged.facts);
  });
};

function chosenParts(
  wanted: readonly ParsedElement[],
  stored: readonly UploadPart[],
): readonly UploadPart[] {
  if (wanted.length === 0) throw new S3Error('MalformedXML', 'You must specify at least one part');
  const byNumber = new Map(stored.map((part) => [part.partNumber, part]));
  let before = 0;
  const chosen = wanted.map((element) => {
    const part = chosenPart(element, byNumber);
    if (part.partNumber <= before) {
      throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    before = part.partNumber;
    return part;
  });
  const small = chosen.slice(0, -1).find(({ facts }) => facts.sizeBytes < MIN_PART_BYTES);
  if (small) throw tooSmall(small);
  return chosen;
}

function chosenPart(element: ParsedElement, byNumber: ReadonlyMap<number, UploadPart>): UploadPart {
  const partNumber = Number(element.text('PartNumber') ?? Number.NaN);
  const part = byNumber.get(partNumber);
  if (!part || withoutQuotes(element.text('ETag') ?? '') !== part.facts.etag) {
    throw invalidPart(partNumber);
  }
  const { checksum } = part.facts;
  const given = checksum && element.text(`Checksum${checksum.algorithm}`);
  if (checksum && given !== undefined && given !== checksum.value) throw invalidPart(partNumber);
  return part;
}

function invalidPart(partNumber: number): S3Error {
  return new S3Error(
    'InvalidPart',
    'One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part.',
    { PartNumber: String(partNumber) },
  );
}

function tooSmall({ partNumber, facts }: UploadPart): S3Error {
  return new S3Error(
    'EntityTooSmall',
    'Your proposed upload is smaller than the minimum allowed size',
    {
      PartNumber: String(partNumber),
      ProposedSize: String(facts.sizeBytes),
      MinSizeAllowed: String(MIN_PART_BYTES),
    },
  );
}

async function joinParts(
  { request, store }: HandlerCall,
  { upload }: NamedUpload,
  parts: readonly UploadPart[],
) {
  const whole =
    upload.checksum?.type === 'FULL_OBJECT' ? digestOf(upload.checksum.algorithm) : undefined;
  const describe = (): ObjectFacts => {
    const checksum = checksumOf(upload, parts, whole);
    const expected = checksum && request.headers.get(checksumHeader(checksum.algorithm));
    if (checksum && expected !== undefined && expected !== checksum.value) throw wrongChecksum();
    return {
      key: upload.key,
      sizeBytes: parts.reduce((sum, { facts }) => sum + facts.sizeBytes, 0),
      etag: joinedEtag(parts),
      lastModifiedMs: Date.now(),
      headers: upload.headers,
      partsCount: parts.length,
      ...(checksum ? { checksum } : {}),
    };
  };
  return stageFile(piecesOf(parts, whole), describe, store.staging);
}

async function* piecesOf(
  parts: readonly UploadPart[],
  whole: Digest | undefined,
): AsyncGenerator<Buffer> {
  for (const { path, facts, partNumber } of parts) {
    const file = await openFile(path);
    if (!file) throw invalidPart(partNumber);
    if (facts.sizeBytes === 0) {
      await file.handle.close();
      continue;
    }
    const stream: AsyncIterable<Buffer> = file.handle.createReadStream({
      start: 0,
      end: facts.sizeBytes - 1,
    });
    for await (const piece of stream) {
      whole?.update(piece);
      yield piece;
    }
  }
}

/** The ETag of joined parts: the MD5 of their MD5s, a dash and their number. It is no hash of the content. */
function joinedEtag(parts: readonly UploadPart[]): string {
  const md5 = createHash('md5');
  for (const { facts } of parts) md5.update(Buffer.from(facts.etag, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

function checksumOf(
  { checksum }: UploadFacts,
  parts: readonly UploadPart[],
  whole: Digest | undefined,
): ObjectFacts['checksum'] {
  if (!checksum) return undefined;
  if (whole) return { ...checksum, value: whole.base64() };
  const digest = digestOf(checksum.algorithm);
  for (const { facts } of parts) digest.update(Buffer.from(facts.checksum?.value ?? '', 'base64'));
  return { ...checksum, value: `${digest.base64()}-${parts.length}` };
}

function wrongChecksum(): S3Error {
  return new S3Error(
    'BadDigest',
    'The checksum you specified did not match the calculated checksum.',
  );
}

function completedAnswer({ request }: HandlerCall, facts: ObjectFacts): S3Answer {
  const { checksum } = facts;
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('CompleteMultipartUploadResult', [
      ['Location', `/${request.bucket}/${request.key}`],
      ['Bucket', request.bucket],
      ['Key', request.key],
      ['ETag', `"${facts.etag}"`],
      ...(checksum
        ? ([
            [`Checksum${checksum.algorithm}`, checksum.value],
            ['ChecksumType', checksum.type],
          ] as const)
        : []),
    ]),
  };
}
