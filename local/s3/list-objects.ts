import type { Handler } from './handler.ts';
import { placeAfter } from './key-index.ts';
import type { ObjectFacts } from './object-files.ts';
import { readCount, readEncoding } from './list-parameters.ts';
import type { S3Request } from './request.ts';
import { S3Error } from './s3-error.ts';
import type { Bucket } from './store.ts';
import { xmlDocument, type XmlElement } from './xml.ts';

/** Lists keys in the order of their UTF-8 bytes, a page at a time. */
export const listObjects: Handler = ({ request, bucket }) => {
  const query = readListQuery(request);
  const page = pageOf(bucket(), query);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument('ListBucketResult', [
      ['Name', request.bucket],
      ...echoed(query),
      ['MaxKeys', query.maxKeys],
      ['KeyCount', page.entries.length],
      ['IsTruncated', page.next !== undefined],
      ...(page.next === undefined ? [] : [['NextContinuationToken', page.next] as const]),
      ...page.entries.map((entry) => entryElement(entry, query)),
    ]),
  };
};

interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly startAfter: string | undefined;
  readonly continuation: string | undefined;
  readonly fetchOwner: boolean;
  readonly encoding: 'url' | undefined;
  readonly encode: (text: string) => string;
}

type Entry = { readonly facts: ObjectFacts } | { readonly prefix: string };

function readListQuery({ query }: S3Request): ListQuery {
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    maxKeys: readCount(query, 'max-keys'),
    startAfter: query.get('start-after'),
    continuation: query.get('continuation-token'),
    fetchOwner: query.get('fetch-owner') === 'true',
    ...readEncoding(query),
  };
}

/** A token says behind which key, or behind all keys of which common prefix, the next page begins. */
interface Position {
  readonly key?: string;
  readonly prefix?: string;
}

function pageOf(
  bucket: Bucket,
  query: ListQuery,
): { readonly entries: readonly Entry[]; readonly next: string | undefined } {
  const keys = bucket.sortedKeys();
  const start = startOf(query);
  const entries: Entry[] = [];
  let common = start.prefix;
  let last: Position = start;
  for (let index = firstIndex(keys, query, start); index < keys.length; index += 1) {
    const key = keys[index] ?? '';
    if (!key.startsWith(query.prefix)) break;
    if (common !== undefined && key.startsWith(common)) continue;
    const entry = entryOf(bucket, key, query);
    if (!entry) continue;
    if (entries.length >= query.maxKeys)
      return { entries, next: query.maxKeys === 0 ? undefined : token(last) };
    entries.push(entry);
    common = 'prefix' in entry ? entry.prefix : undefined;
    last = common === undefined ? { key } : { prefix: common };
  }
  return { entries, next: undefined };
}

function startOf({ continuation, startAfter }: ListQuery): Position {
  if (continuation !== undefined) return readToken(continuation);
  return startAfter === undefined ? {} : { key: startAfter };
}

function firstIndex(keys: readonly string[], { prefix }: ListQuery, start: Position): number {
  const behindStart = placeAfter(keys, start.key ?? start.prefix ?? '');
  if (prefix === '') return behindStart;
  // placeAfter skips a key that equals the prefix itself, which belongs to the list.
  const atPrefix = placeAfter(keys, prefix);
  const own = keys[atPrefix - 1] === prefix ? atPrefix - 1 : atPrefix;
  return Math.max(behindStart, own);
}

function entryOf(bucket: Bucket, key: string, { prefix, delimiter }: ListQuery): Entry | undefined {
  const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  if (cut >= 0) return { prefix: key.slice(0, cut + delimiter.length) };
  const facts = bucket.facts(key);
  return facts && { facts };
}

function token(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function readToken(text: string): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof position === 'object' && position !== null) return position;
  } catch {
    // Answered below like any other token that is not ours.
  }
  throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect');
}

function echoed(query: ListQuery): readonly XmlElement[] {
  const { encode, continuation, startAfter, encoding } = query;
  return [
    ['Prefix', encode(query.prefix)],
    ...(query.delimiter === '' ? [] : [['Delimiter', encode(query.delimiter)] as const]),
    ...(startAfter === undefined ? [] : [['StartAfter', encode(startAfter)] as const]),
    ...(continuation === undefined ? [] : [['ContinuationToken', continuation] as const]),
    ...(encoding === undefined ? [] : [['EncodingType', encoding] as const]),
  ];
}

function entryElement(entry: Entry, { encode, fetchOwner }: ListQuery): XmlElement {
  if ('prefix' in entry) return ['CommonPrefixes', [['Prefix', encode(entry.prefix)]]];
  const { facts } = entry;
  return [
    'Contents',
    [
      ['Key', encode(facts.key)],
      ['LastModified', new Date(facts.lastModifiedMs).toISOString()],
      ['ETag', `"${facts.etag}"`],
      ...(facts.checksum
        ? ([
            ['ChecksumAlgorithm', facts.checksum.algorithm],
            ['ChecksumType', facts.checksum.type],
          ] as const)
        : []),
      ['Size', facts.sizeBytes],
      ...(fetchOwner ? [['Owner', [['ID', 'wellspring']]] as const] : []),
      ['StorageClass', 'STANDARD'],
    ],
  ];
}
