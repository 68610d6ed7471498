import { Readable } from 'node:stream';
import { noSuchKey, preconditionFailed, readWriteCondition, withoutQuotes } from './conditions.ts';
import type { Handler, HandlerCall } from './handler.ts';
import { storedHeaders } from './object-headers.ts';
import { stageFile, type ObjectFacts, type OpenFile } from './object-files.ts';
import type { S3Answer, S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import { decodeUri } from './uri.ts';
import { xmlDocument } from './xml.ts';

/** Copies an object inside the server; its headers come along unless the request replaces them. */
export const copyObject: Handler = async (call) => {
  const { request, store } = call;
  const target = call.bucket();
  const condition = readWriteCondition(request.headers);
  const before = target.facts(request.key);
  const source = await openSource(call);
  try {
    const facts = copiedFacts(request, source.facts);
    const staged = await stageFile(bodyOf(source), () => facts, store.staging);
    await target.commit(staged, { condition, before });
    return copyAnswer(facts);
  } finally {
    await source.handle.close();
  }
};

function copyAnswer(facts: ObjectFacts): S3Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('CopyObjectResult', [
      ['LastModified', new Date(facts.lastModifiedMs).toISOString()],
      ['ETag', `"${facts.etag}"`],
    ]),
  };
}

async function openSource({ request, store }: HandlerCall): Promise<OpenFile> {
  const { bucket, key } = readCopySource(request.headers.get('x-amz-copy-source') ?? '');
  const replaces = metadataDirective(request) === 'REPLACE';
  if (bucket === request.bucket && key === request.key && !replaces) {
    throw new S3Error(
      'InvalidRequest',
      'This copy request is illegal because it is trying to copy an object to itself without changing its metadata.',
    );
  }
  const file = await store.bucket(bucket).open(key);
  if (!file) throw noSuchKey();
  try {
    checkSourceCondition(request, file.facts);
    return file;
  } catch (error) {
    await file.handle.close();
    throw error;
  }
}

function readCopySource(header: string): { bucket: string; key: string } {
  const source = decodeUri(header.startsWith('/') ? header.slice(1) : header);
  const slash = source.indexOf('/');
  if (slash < 1 || slash === source.length - 1) {
    throw new S3Error(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
    );
  }
  if (/\?versionId=[^/]*$/.test(header)) {
    throw new S3Error('NotImplemented', 'Copying a version of an object is not implemented.');
  }
  return { bucket: source.slice(0, slash), key: source.slice(slash + 1) };
}

function metadataDirective(request: S3Request): 'COPY' | 'REPLACE' {
  const directive = request.headers.get('x-amz-metadata-directive') ?? 'COPY';
  if (directive === 'COPY' || directive === 'REPLACE') return directive;
  throw new S3Error('InvalidArgument', `Unknown metadata directive "${directive}".`);
}

function checkSourceCondition({ headers }: S3Request, facts: ObjectFacts): void {
  const match = headers.get('x-amz-copy-source-if-match');
  const noneMatch = headers.get('x-amz-copy-source-if-none-match');
  if (match !== undefined && withoutQuotes(match) !== facts.etag) {
    throw preconditionFailed('x-amz-copy-source-If-Match');
  }
  if (noneMatch !== undefined && withoutQuotes(noneMatch) === facts.etag) {
    throw preconditionFailed('x-amz-copy-source-If-None-Match');
  }
}

function copiedFacts(request: S3Request, source: ObjectFacts): ObjectFacts {
  return {
    ...source,
    key: request.key,
    lastModifiedMs: Date.now(),
    headers: metadataDirective(request) === 'REPLACE' ? storedHeaders(request) : source.headers,
  };
}

function bodyOf({ handle, facts }: OpenFile): AsyncIterable<Buffer> {
  // An end of -1 would read the facts behind an empty body.
  if (facts.sizeBytes === 0) return Readable.from([]);
  return handle.createReadStream({ start: 0, end: facts.sizeBytes - 1, autoClose: false });
}
