import { createHash } from 'node:crypto';
import { validation } from './service-error.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

/**
 * One page of a list. The token holds the offset and belongs to one `question`, so that it cannot be used for another.
 * @throws ValidationException - the token is of another question or made up.
 */
export function pageOf<T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
  question: unknown,
): Page<T> {
  const mark = createHash('sha256').update(JSON.stringify(question)).digest('hex').slice(0, 16);
  const start = token === undefined ? 0 : offsetOf(token, mark);
  const end = start + size;
  const items = all.slice(start, end);
  return end < all.length ? { items, nextToken: tokenOf(end, mark) } : { items };
}

function tokenOf(offset: number, mark: string): string {
  return Buffer.from(`${mark}:${offset}`).toString('base64url');
}

function offsetOf(token: string, mark: string): number {
  const [seenMark, offset] = Buffer.from(token, 'base64url').toString().split(':');
  if (seenMark !== mark || offset === undefined || !/^\d+$/.test(offset)) {
    throw validation('The nextToken does not belong to this request.');
  }
  return Number(offset);
}
