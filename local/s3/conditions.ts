import type { ObjectFacts } from './object-files.ts';
import { S3Error } from './s3-error.ts';

/** What a write demands of the object that it replaces. */
export interface WriteCondition {
  /** The object must have this ETag; `*`: it must exist. */
  readonly ifMatch?: string;
  /** There must be no object. */
  readonly ifAbsent?: true;
}

/**
 * The condition of a PUT, a copy or a completed upload.
 * @throws NotImplemented - forms that S3 refuses for writes too.
 */
export function readWriteCondition(headers: ReadonlyMap<string, string>): WriteCondition {
  const [match, noneMatch] = [headers.get('if-match'), headers.get('if-none-match')];
  if (match !== undefined && noneMatch !== undefined) throw unknownForm('both of them');
  if (noneMatch !== undefined && noneMatch !== '*')
    throw unknownForm(`If-None-Match: ${noneMatch}`);
  if (match === '*') throw unknownForm('If-Match: *');
  if (noneMatch !== undefined) return { ifAbsent: true };
  return match === undefined ? {} : { ifMatch: withoutQuotes(match) };
}

/** The condition of a deletion: here `If-Match: *` is allowed. */
export function readDeleteCondition(headers: ReadonlyMap<string, string>): WriteCondition {
  const match = headers.get('if-match');
  if (headers.has('if-none-match')) throw unknownForm('If-None-Match');
  return match === undefined ? {} : { ifMatch: withoutQuotes(match) };
}

/**
 * Compares the condition with what is there now. `before` is what was there when the request began: an object
 * that vanished during the upload is a conflict, which the client may simply repeat.
 * @throws PreconditionFailed, NoSuchKey, ConditionalRequestConflict
 */
export function checkWriteCondition(
  condition: WriteCondition,
  current: ObjectFacts | undefined,
  before: ObjectFacts | undefined,
): void {
  const { ifMatch, ifAbsent } = condition;
  if (ifMatch === undefined && ifAbsent === undefined) return;
  if (before !== undefined && current === undefined) {
    throw new S3Error(
      'ConditionalRequestConflict',
      'The conditional request cannot succeed due to a conflicting operation against this resource.',
    );
  }
  if (ifAbsent && current !== undefined) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey();
  if (ifMatch !== '*' && ifMatch !== current.etag) throw preconditionFailed('If-Match');
}

/**
 * The conditions of GET and HEAD. Returns false if the client has the object already (304).
 * @throws PreconditionFailed
 */
export function isWanted(headers: ReadonlyMap<string, string>, facts: ObjectFacts): boolean {
  const match = headers.get('if-match');
  const noneMatch = headers.get('if-none-match');
  // Times of HTTP have whole seconds.
  const modifiedMs = Math.floor(facts.lastModifiedMs / 1000) * 1000;
  const unmodifiedSince = Date.parse(headers.get('if-unmodified-since') ?? '');
  const modifiedSince = Date.parse(headers.get('if-modified-since') ?? '');
  if (match !== undefined && !namesEtag(match, facts.etag)) throw preconditionFailed('If-Match');
  if (match === undefined && modifiedMs > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (noneMatch !== undefined) return !namesEtag(noneMatch, facts.etag);
  return !(modifiedMs <= modifiedSince);
}

/** The error of a condition that does not hold. */
export function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    { Condition: condition },
  );
}

/** The error of a missing object. */
export function noSuchKey(): S3Error {
  return new S3Error('NoSuchKey', 'The specified key does not exist.');
}

/** ETags travel in double quotes; S3 takes them without, too. */
export function withoutQuotes(etag: string): string {
  return etag.trim().replaceAll(/^"|"$/g, '');
}

function namesEtag(header: string, etag: string): boolean {
  return header.split(',').some((one) => one.trim() === '*' || withoutQuotes(one) === etag);
}

function unknownForm(form: string): S3Error {
  return new S3Error(
    'NotImplemented',
    `A header you provided implies functionality that is not implemented: ${form} on this request.`,
  );
}
