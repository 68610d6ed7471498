import type { ReceivedBody } from './incoming-body.ts';
import { readDeleteCondition, readWriteCondition } from './conditions.ts';
import type { Handler } from './handler.ts';
import { checksumHeaders, storedHeaders } from './object-headers.ts';
import { stageFile, type ObjectFacts } from './object-files.ts';

/** Stores the body under the key, whole or not at all. */
export const putObject: Handler = async ({ request, body, store, bucket }) => {
  const target = bucket();
  const condition = readWriteCondition(request.headers);
  const before = target.facts(request.key);
  const headers = storedHeaders(request);
  const describe = (): ObjectFacts => factsOf(request.key, headers, body.received());

  const staged = await stageFile(body.pieces, describe, store.staging);
  await target.commit(staged, { condition, before });

  return {
    status: 200,
    headers: { etag: `"${staged.facts.etag}"`, ...checksumHeaders(staged.facts) },
  };
};

/** Removes an object; a missing one is 204 too. */
export const deleteObject: Handler = async ({ request, bucket }) => {
  const target = bucket();
  const condition = readDeleteCondition(request.headers);
  await target.remove(request.key, { condition, before: undefined });
  return { status: 204 };
};

function factsOf(
  key: string,
  headers: Readonly<Record<string, string>>,
  received: ReceivedBody,
): ObjectFacts {
  const { sizeBytes, md5Hex, checksum } = received;
  return {
    key,
    sizeBytes,
    etag: md5Hex,
    lastModifiedMs: Date.now(),
    headers,
    ...(checksum ? { checksum: { ...checksum, type: 'FULL_OBJECT' as const } } : {}),
  };
}
