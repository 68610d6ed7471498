import type { Readable } from 'node:stream';
import { isWanted, noSuchKey } from './conditions.ts';
import type { Handler } from './handler.ts';
import { answeredHeaders, checksumHeaders } from './object-headers.ts';
import type { ObjectFacts, OpenFile } from './object-files.ts';
import { readRange, type ByteRange } from './range.ts';
import type { S3Answer, S3Request } from './request.ts';

/** Answers body and headers, or the range that was asked for. */
export const getObject: Handler = async ({ request, bucket }) => {
  const file = await bucket().open(request.key);
  if (!file) throw noSuchKey();
  try {
    return await answerOf(request, file);
  } catch (error) {
    await file.handle.close();
    throw error;
  }
};

/** Answers the headers alone: no file is opened. */
export const headObject: Handler = ({ request, bucket }) => {
  const facts = bucket().facts(request.key);
  if (!facts) throw noSuchKey();
  return headOf(request, facts).answer;
};

async function answerOf(request: S3Request, file: OpenFile): Promise<S3Answer> {
  const { answer, range } = headOf(request, file.facts);
  if (answer.status === 304) {
    await file.handle.close();
    return answer;
  }
  return { ...answer, body: await bodyOf(file, range) };
}

const MAX_BUFFERED_BYTES = 256 * 1024;

/** Small bodies are read at once, which spares a stream for each of many small documents. */
async function bodyOf(
  { handle, facts }: OpenFile,
  range: ByteRange | undefined,
): Promise<Buffer | Readable> {
  const { first, last } = range ?? { first: 0, last: facts.sizeBytes - 1 };
  const length = last - first + 1;
  if (length > MAX_BUFFERED_BYTES) return handle.createReadStream({ start: first, end: last });
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, first);
  await handle.close();
  if (bytesRead !== length) throw new Error('An object file is shorter than its facts say.');
  return buffer;
}

function headOf(
  request: S3Request,
  facts: ObjectFacts,
): { readonly answer: S3Answer; readonly range: ByteRange | undefined } {
  const headers = answeredHeaders(facts, request);
  if (!isWanted(request.headers, facts)) {
    return { answer: { status: 304, headers: { etag: `"${facts.etag}"` } }, range: undefined };
  }
  const range = readRange(request.headers.get('range'), facts.sizeBytes);
  if (range) return { answer: partialAnswer(headers, range, facts), range };
  const wantsChecksum = request.headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const checksum = wantsChecksum ? checksumHeaders(facts) : {};
  return {
    answer: {
      status: 200,
      headers: { ...headers, ...checksum, 'content-length': String(facts.sizeBytes) },
    },
    range,
  };
}

function partialAnswer(
  headers: Readonly<Record<string, string>>,
  { first, last }: ByteRange,
  { sizeBytes }: ObjectFacts,
): S3Answer {
  return {
    status: 206,
    headers: {
      ...headers,
      'content-length': String(last - first + 1),
      'content-range': `bytes ${first}-${last}/${sizeBytes}`,
    },
  };
}
